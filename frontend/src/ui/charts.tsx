/** The charts. They are large, so they are fetched where one is first drawn: import this file lazily. */
import { LineChart } from "@mantine/charts";
import "@mantine/charts/styles.css";

export type Line = { key: string; name: string; colour: string; dashed?: boolean };

export type LinesProps = {
  title: string;
  data: Record<string, number | string | null>[];
  /** The column that runs along the bottom. */
  x: string;
  xName: string;
  lines: Line[];
  digits: number;
  /** A column of words or days, which stand side by side; else a number, which has its place. */
  isNamed?: boolean;
  /** The scale begins at zero; else it is as tight as the values. */
  fromZero?: boolean;
};

const HEIGHT_PX = 200;
const EASED = 0.05;

export default function Lines({ title, data, x, xName, lines, digits, isNamed = false, fromZero = false }: LinesProps) {
  const words = (value: number) => value.toLocaleString("en", { maximumFractionDigits: digits });
  return (
    <figure style={{ margin: 0 }} role="group" aria-label={title}>
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
        xAxisProps={isNamed ? { padding: { left: 16, right: 16 } } : { type: "number", domain: ["dataMin", "dataMax"], tickFormatter: words }}
        yAxisProps={{ width: 48, domain: fromZero ? [0, "auto"] : easedRange(data, lines), tickFormatter: words }}
        tooltipAnimationDuration={0}
      />
    </figure>
  );
}

/** A little room above and below the values; recharts' own choice would begin at zero and flatten them. */
function easedRange(data: LinesProps["data"], lines: Line[]): [number, number] | undefined {
  const values = data.flatMap((row) => lines.map(({ key }) => row[key])).filter((value) => typeof value === "number");
  if (values.length === 0) return undefined;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * EASED;
  return [low - room, high + room];
}
