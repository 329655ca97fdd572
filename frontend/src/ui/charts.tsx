/** The charts. They are large, so they are fetched where one is first drawn: import this file lazily. */
import { LineChart } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { roundTicks } from "./scale";

export type Line = { key: string; name: string; colour: string; dashed?: boolean };

export type LinesProps = {
  title: string;
  data: Record<string, number | string | null>[];
  /** The column that runs along the bottom. */
  x: string;
  xName: string;
  lines: Line[];
  digits: number;
  /** The column holds names, which stand side by side; else numbers, which have their places from zero on. */
  isNamed?: boolean;
  /** The values' scale begins at zero; else it is as tight as they are. */
  fromZero?: boolean;
};

const HEIGHT_PX = 200;

export default function Lines({ title, data, x, xName, lines, digits, isNamed = false, fromZero = false }: LinesProps) {
  const words = (value: number) => value.toLocaleString("en", { maximumFractionDigits: digits });
  const values = valuesOf(data, lines.map(({ key }) => key));
  const ticks = roundTicks(Math.min(...values, fromZero ? 0 : Infinity), Math.max(...values));
  return (
    <figure style={{ margin: 0, minWidth: 0 }} aria-label={title}>
      <figcaption style={{ marginBottom: 8 }}>{title}</figcaption>
      <LineChart
        h={HEIGHT_PX}
        data={data}
        dataKey={x}
        series={lines.map(({ key, name, colour, dashed }) => ({
          name: key,
          label: name,
          color: colour,
          strokeDasharray: dashed ? "4 4" : undefined,
        }))}
        curveType="linear"
        strokeWidth={1.5}
        gridColor="var(--line)"
        textColor="var(--ink-quiet)"
        dotProps={{ r: 2.5 }}
        activeDotProps={{ r: 4 }}
        lineProps={{ isAnimationActive: false }}
        withLegend={lines.length > 1}
        legendProps={{ verticalAlign: "top", height: 32 }}
        valueFormatter={words}
        xAxisLabel={xName}
        xAxisProps={isNamed ? { padding: { left: 16, right: 16 } } : { type: "number", ...fromZeroTo(valuesOf(data, [x])) }}
        yAxisProps={{ width: 44, ticks, domain: [ticks[0]!, ticks.at(-1)!], interval: 0 }}
        tooltipAnimationDuration={0}
        tooltipProps={{ labelFormatter: (label: unknown) => `${typeof label === "number" ? words(label) : label} ${isNamed ? "" : xName}` }}
      />
    </figure>
  );
}

/** Round numbers below, of which the last may lie before the end. */
function fromZeroTo(values: number[]) {
  const end = Math.max(...values);
  const ticks = roundTicks(0, end).filter((tick) => tick <= end);
  return { domain: [0, end] as [number, number], ticks, tickFormatter: (tick: number) => tick.toLocaleString("en") };
}

function valuesOf(data: LinesProps["data"], keys: string[]): number[] {
  return data.flatMap((row) => keys.map((key) => row[key])).filter((value) => typeof value === "number");
}
