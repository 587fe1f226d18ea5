/** Another session of the same user: `session.js <command> <name> [bundle]`, one JSON value on standard output. */
import { setTimeout } from "node:timers/promises";

import { Deployment } from "../../src/deployment/index.js";

const [command, name = "", model = ""] = process.argv.slice(2);
switch (command) {
  case "deploy": {
    const deployment = await new Deployment({ name, model, replicas: 1 }).deploy();
    console.log(JSON.stringify(deployment.endpoint));
    break;
  }
  case "deploy-and-hang": {
    const deployment = await new Deployment({ name, model, replicas: 1 }).deploy();
    console.log(JSON.stringify(deployment.endpoint));
    await setTimeout(600_000);
    break;
  }
  case "list":
    console.log(JSON.stringify(await Deployment.list()));
    break;
  case "count-records":
    console.log((await (await Deployment.open(name)).records()).length);
    break;
  case "delete":
    console.log(JSON.stringify(await Deployment.deleteIfExists(name)));
}
