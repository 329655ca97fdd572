/** How prompts look: those of the object in hand as dots and thin lines, unanswered ones as a ring and as ink. */
import type { Prompt } from "../store/messages";
import { pointsOf } from "../store/prompts";
import { toScreen, type View } from "../viewer/coordinates";
import { circle, drawLine, strokeCased } from "./canvas";
import { FAILED_COLOUR, INK_PX, PROMPT_LINE_PX, PROMPT_RADIUS_PX, RING_RADIUS_PX } from "./style";

const LIGHT = "#ffffff";
const DARK = "#17181a";

/** A full dot or a white line for "inside", a hollow dot with a minus or a red line for "not this". */
export function drawPrompt(context: CanvasRenderingContext2D, view: View, prompt: Prompt): void {
  const [first, ...rest] = pointsOf(prompt);
  if (rest.length > 0) {
    return drawLine(context, view, pointsOf(prompt), prompt.positive ? LIGHT : FAILED_COLOUR, PROMPT_LINE_PX);
  }
  const { x, y } = toScreen(view, ...first!);
  circle(context, x, y, prompt.positive ? PROMPT_RADIUS_PX : PROMPT_RADIUS_PX + 1);
  context.fillStyle = prompt.positive ? LIGHT : DARK;
  context.fill();
  context.strokeStyle = prompt.positive ? DARK : FAILED_COLOUR;
  context.lineWidth = 1.5;
  context.stroke();
  if (prompt.positive) return;
  context.beginPath();
  context.moveTo(x - 2, y);
  context.lineTo(x + 2, y);
  context.stroke();
}

/** A prompt without answer; `grow` is 1 at rest and swings about it while the answer takes noticeably long. */
export function drawQuestion(
  context: CanvasRenderingContext2D, view: View, prompt: Prompt, colour: string, grow: number,
): void {
  if (prompt.kind === "squiggle") return drawLine(context, view, prompt.points, colour, INK_PX * grow);
  const { x, y } = toScreen(view, prompt.x, prompt.y);
  circle(context, x, y, RING_RADIUS_PX * grow);
  strokeCased(context, colour, 2);
}
