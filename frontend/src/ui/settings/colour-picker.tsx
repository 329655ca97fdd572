/** A label's colour: those that are told apart best, or any other. */
import { ColorPicker, Popover, TextInput, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import styles from "./settings.module.css";
import { PALETTE } from "./words";

const HEX = /^#[0-9a-f]{6}$/;

export function ColourPicker({ name, value, change }: { name: string; value: string; change: (colour: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  const take = (colour: string) => {
    const isWhole = HEX.test(colour.toLowerCase());
    setTyped(isWhole ? null : colour);
    if (isWhole) change(colour.toLowerCase());
  };
  return (
    <Popover width={240} position="bottom-start" trapFocus withinPortal onClose={() => setTyped(null)}>
      <Popover.Target>
        <UnstyledButton className={styles.swatch} style={{ background: value }} aria-label={`Colour of ${name}`} title="Colour" />
      </Popover.Target>
      <Popover.Dropdown aria-label={`Colour of ${name}`}>
        <ColorPicker
          fullWidth
          format="hex"
          size="sm"
          swatches={[...PALETTE]}
          swatchesPerRow={9}
          saturationLabel="Saturation and brightness"
          hueLabel="Hue"
          value={value}
          onChange={take}
        />
        <TextInput
          mt={8}
          size="xs"
          aria-label="Colour, as #rrggbb"
          maxLength={7}
          value={typed ?? value}
          error={typed !== null && "As #rrggbb"}
          onChange={(event) => take(event.currentTarget.value)}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
