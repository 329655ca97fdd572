/** The pass that opens the slide's tiles: it is renewed while the line stands, and after a tile was refused. */
import { renewTilePass } from "./api/rest";

const FAILED_TILE_PAUSE_MS = 5_000;

export class TilePass {
  readonly #slideId: number;
  readonly #reloadTiles: () => void;
  #renewedAt = -Infinity;
  #isRenewing = false;

  constructor(slideId: number, reloadTiles: () => void) {
    this.#slideId = slideId;
    this.#reloadTiles = reloadTiles;
  }

  renew(): void {
    void renewTilePass(this.#slideId).catch(() => undefined);
  }

  /** A tile is refused when the pass ran out while the line was down. */
  renewAfterFailure(): void {
    const now = performance.now();
    if (this.#isRenewing || now - this.#renewedAt < FAILED_TILE_PAUSE_MS) return; // signed out, it waits for the sign-in
    this.#renewedAt = now;
    this.#isRenewing = true;
    void renewTilePass(this.#slideId)
      .then(this.#reloadTiles, () => undefined)
      .finally(() => (this.#isRenewing = false));
  }
}
