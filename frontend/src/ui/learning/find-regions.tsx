/** The admins' form that looks over all slides for regions worth labelling. */
import { Button, NativeSelect, NumberInput, Radio } from "@mantine/core";
import { useState } from "react";
import { startSampling, type Strategy } from "../../api/learning";
import type { Project } from "../../api/rest";
import type { ObjectType } from "../../store/messages";
import styles from "../data.module.css";
import { Refusal } from "../marks";
import { useAction } from "../use-action";
import { plural } from "../words";
import { STRATEGIES } from "./words";

/** inference/protocol.py MAX_REGIONS, MAX_REGION_UM */
const MAX_REGIONS = 500;
const MAX_REGION_UM = 5_000;

export function FindRegions({ project, isUnderWay, reload }: { project: Project; isUnderWay: boolean; reload: () => void }) {
  const types = [...new Set(project.labels.map(({ object_type }) => object_type ?? "nucleus"))];
  const [objectType, setObjectType] = useState<ObjectType>(types[0] ?? "nucleus");
  const [strategy, setStrategy] = useState<Strategy>("random");
  const [wanted, setWanted] = useState(20);
  const [sideUm, setSideUm] = useState(100);
  const { busy, error, act } = useAction();
  const find = async () => {
    await act(() => startSampling(project.id, { strategy, wanted, region_um: sideUm, object_type: objectType }));
    reload();
  };
  return (
    <form
      aria-label="Find regions"
      onSubmit={(event) => {
        event.preventDefault();
        void find();
      }}
    >
      <h3>Find regions</h3>
      <Radio.Group value={strategy} onChange={(value) => setStrategy(value as Strategy)} aria-label="Strategy">
        {Object.entries(STRATEGIES).map(([value, { name, why }]) => (
          <Radio key={value} size="sm" mb={8} value={value} label={name} description={why} />
        ))}
      </Radio.Group>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, alignItems: "end", marginTop: 12 }}>
        <NumberInput
          size="xs"
          w={88}
          label="Regions"
          min={1}
          max={MAX_REGIONS}
          allowDecimal={false}
          value={wanted}
          onChange={(value) => setWanted(Number(value) || 1)}
        />
        <NumberInput
          size="xs"
          w={104}
          label="Side"
          suffix=" µm"
          min={1}
          max={MAX_REGION_UM}
          step={25}
          allowDecimal={false}
          value={sideUm}
          onChange={(value) => setSideUm(Number(value) || 1)}
        />
        <NativeSelect
          size="xs"
          label="To label"
          value={objectType}
          data={types.map((type) => ({ value: type, label: `all ${plural(type)}` }))}
          onChange={(event) => setObjectType(event.currentTarget.value as ObjectType)}
        />
        <Button type="submit" size="xs" loading={busy} disabled={isUnderWay || types.length === 0}>
          Find regions
        </Button>
      </div>
      {isUnderWay && (
        <p className={styles.quiet} style={{ margin: "8px 0 0" }}>
          A search is under way: one at a time.
        </p>
      )}
      <Refusal words={error} />
    </form>
  );
}
