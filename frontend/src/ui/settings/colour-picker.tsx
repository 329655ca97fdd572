/** A label's colour: those that are told apart best, or any other. */
import { ColorInput, Popover, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import styles from "./settings.module.css";
import { PALETTE } from "./words";

const HEX = /^#[0-9a-f]{6}$/;

export function ColourPicker({ name, value, change }: { name: string; value: string; change: (colour: string) => void }) {
  const [typed, setTyped] = useState(value);
  const take = (colour: string) => {
    setTyped(colour);
    if (HEX.test(colour.toLowerCase())) change(colour.toLowerCase());
  };
  return (
    <Popover width={272} position="bottom-start" trapFocus withinPortal>
      <Popover.Target>
        <UnstyledButton className={styles.swatch} style={{ background: value }} aria-label={`Colour of ${name}`} title="Colour" />
      </Popover.Target>
      <Popover.Dropdown aria-label={`Colour of ${name}`}>
        <ColorInput size="xs" aria-label="Colour, as #rrggbb" value={typed} onChange={take} format="hex" popoverProps={{ withinPortal: false }} />
        <div className={styles.swatches}>
          {PALETTE.map((colour) => (
            <UnstyledButton
              key={colour}
              className={styles.swatch}
              style={{ background: colour, width: 22, height: 22 }}
              aria-label={colour}
              aria-pressed={colour === value}
              onClick={() => take(colour)}
            />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
