import { Command } from "commander";

import { diagnose, formatEngineReport } from "../../engine/index.js";
import { toJson } from "../../export/index.js";
import { sightbookVersion } from "../../version.js";
import { withResult, type CommandResult } from "../command.js";

/** `sightbook doctor`: what trains networks on this machine. */
export function doctorCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("doctor").description(
    "Say which engine trains here, why the others do not, and the command that mends it. Fails when none does.",
  );
  return withResult(command, doctor, finish);
}

async function doctor(): Promise<CommandResult> {
  const report = await diagnose();
  return {
    json: { sightbook: sightbookVersion(), ...(toJson(report) as CommandResult["json"]) },
    text: formatEngineReport(report),
    exitCode: report.chosen === undefined ? 1 : 0,
  };
}
