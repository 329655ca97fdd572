/** A training's curve: its loss, and how well it outlines what it does not learn from. */
import type { RunDetail } from "../../api/learning";
import styles from "../data.module.css";
import { LineFigure } from "../lazy-chart";

export function Curve({ curve }: { curve: RunDetail["curve"] }) {
  if (curve.length === 0) return null;
  const shared = { data: curve, x: "samples", xName: "patches shown", digits: 3 };
  return (
    <div className={styles.columns}>
      <LineFigure {...shared} title="Loss in training" lines={[{ key: "loss", name: "loss", colour: "var(--warn)" }]} />
      {curve.some(({ iou_at_1 }) => iou_at_1 != null) && (
        <LineFigure
          {...shared}
          title="IoU at the first click, watched while training"
          lines={[{ key: "iou_at_1", name: "IoU", colour: "var(--accent)" }]}
        />
      )}
    </div>
  );
}
