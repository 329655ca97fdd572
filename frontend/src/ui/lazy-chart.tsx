/** A chart, fetched when it is first drawn. Until then its place is kept. */
import { lazy, Suspense } from "react";
import type { LinesProps } from "./charts";

const Lines = lazy(() => import("./charts"));
const PLACE_PX = 228;

export function LineFigure(props: LinesProps) {
  return (
    <Suspense fallback={<div style={{ height: PLACE_PX }} />}>
      <Lines {...props} />
    </Suspense>
  );
}
