import { render as draw } from "preact";

import type { MonitorState, MonitorTable } from "../../state/index.js";
import { NeedsKernel, useConnected } from "../shared/connection.js";
import { Button, Notice, Region, Status } from "../shared/controls.js";
import { formatDuration } from "../shared/duration.js";
import { useShared } from "../shared/hooks.js";
import { LineChart } from "../shared/line-chart.js";
import { ProgressBar } from "../shared/progress-bar.js";
import type { Render, WidgetModel } from "../shared/widget-model.js";
import "./monitor.css";

export const render: Render<MonitorState> = ({ model, el }) => {
  draw(<MonitorView widget={model} />, el);
  return () => {
    draw(null, el);
  };
};

function MonitorView({ widget }: { readonly widget: WidgetModel<MonitorState> }) {
  const [region] = useShared(widget, "region");
  const [title] = useShared(widget, "title");
  const [phase] = useShared(widget, "phase");
  const [message] = useShared(widget, "message");
  const [stopMessage] = useShared(widget, "stopMessage");
  const [bars] = useShared(widget, "bars");
  const [facts] = useShared(widget, "facts");
  const [charts] = useShared(widget, "charts");
  const [table] = useShared(widget, "table");
  const [notes] = useShared(widget, "notes");
  const [elapsedSeconds] = useShared(widget, "elapsedSeconds");
  const [secondsLeft] = useShared(widget, "secondsLeft");
  const connected = useConnected(widget);
  const isRunning = phase === "running" || phase === "stopping";
  return (
    <Region name={region}>
      <NeedsKernel
        connected={connected}
        ended={isRunning ? "The work ended with it; what it had reached is below." : undefined}
      >
        <div class="sightbook-monitor-head">
          <strong>{title}</strong>
          {isRunning && (
            <Button
              label="Stop"
              icon="stop"
              disabled={phase === "stopping"}
              onClick={() => {
                widget.send({ stop: true });
              }}
            />
          )}
        </div>
        {phase === "failed" ? (
          <Notice kind="error">{message}</Notice>
        ) : (
          <Status>{phase === "stopping" ? stopMessage : message}</Status>
        )}
        <div class="sightbook-monitor-bars">
          {bars.map((bar) => (
            <ProgressBar key={bar.name} {...bar} />
          ))}
        </div>
        <dl class="sightbook-facts">
          <Fact name="Elapsed" value={formatDuration(elapsedSeconds)} />
          {isRunning && connected && (
            <Fact
              name="Time left"
              value={secondsLeft === null ? "not known yet" : formatDuration(secondsLeft)}
            />
          )}
          {facts.map(([name, value]) => (
            <Fact key={name} name={name} value={value} />
          ))}
        </dl>
        <div class="sightbook-charts">
          {charts.map((chart) => (
            <LineChart key={chart.title} chart={chart} />
          ))}
        </div>
        {table.rows.length > 0 && <Table table={table} />}
        {notes.length > 0 && (
          <ul class="sightbook-notes">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
      </NeedsKernel>
    </Region>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Table({ table: { columns, rows } }: { readonly table: MonitorTable }) {
  return (
    <details class="sightbook-details">
      <summary>Numbers</summary>
      <div class="sightbook-table">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row[0]}>
                {row.map((cell, at) => (
                  <td key={columns[at]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
