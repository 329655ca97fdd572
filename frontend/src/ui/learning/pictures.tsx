/** The before-and-after pictures of a run as a sheet; one that is pressed is shown large. */
import { ActionIcon, Modal, UnstyledButton } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { pictureAddress, type Measurement } from "../../api/learning";
import data from "../data.module.css";
import styles from "./pictures.module.css";
import { decimal } from "./words";

type Picture = Measurement["pictures"][number];

export function Pictures({ runId, pictures }: { runId: string; pictures: Picture[] }) {
  const [shown, setShown] = useState<number | null>(null);
  if (pictures.length === 0) return null;
  return (
    <section role="group" aria-label="Before and after">
      <h3>Before and after</h3>
      <p className={data.lead}>
        Left the version before, right this one: its answer in blue, the accepted outline in yellow. First what was lost most,
        then what was gained most, then some by chance. The numbers are IoU at the first click.
      </p>
      <ul className={styles.sheet}>
        {pictures.map((picture, at) => (
          <li key={picture.file}>
            <UnstyledButton className={styles.picture} onClick={() => setShown(at)}>
              <img src={pictureAddress(runId, picture.file)} alt="Enlarge:" loading="lazy" />
              <Caption picture={picture} />
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {shown !== null && <Large runId={runId} pictures={pictures} at={shown} show={setShown} />}
    </section>
  );
}

function Large({ runId, pictures, at, show }: { runId: string; pictures: Picture[]; at: number; show: (at: number | null) => void }) {
  const picture = pictures[at]!;
  const go = (step: number) => show((at + step + pictures.length) % pictures.length);
  const keys: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };
  return (
    <Modal
      opened
      size="auto"
      title={`${at + 1} of ${pictures.length}`}
      onClose={() => show(null)}
      onKeyDown={({ key }) => keys[key] && go(keys[key])}
    >
      <img className={styles.large} src={pictureAddress(runId, picture.file)} alt={inWords(picture)} />
      <div className={styles.foot}>
        <ActionIcon variant="default" aria-label="The one before (←)" onClick={() => go(-1)}>
          <ChevronLeft size={16} />
        </ActionIcon>
        <Caption picture={picture} />
        <ActionIcon variant="default" aria-label="The next one (→)" onClick={() => go(1)}>
          <ChevronRight size={16} />
        </ActionIcon>
      </div>
    </Modal>
  );
}

function Caption({ picture: { label, slide, candidate, rival } }: { picture: Picture }) {
  const judged = candidate !== null && rival !== null && candidate !== rival ? (candidate > rival ? data.better : data.worse) : "";
  return (
    <span className={styles.caption}>
      <span>
        {label} · {rival !== null && `${decimal(rival, 2)} → `}
        <span className={judged}>{decimal(candidate, 2)}</span>
      </span>
      <span className={data.quiet}>{slide}</span>
    </span>
  );
}

const inWords = ({ label, slide, candidate, rival }: Picture): string =>
  `${label} on ${slide}, IoU ${rival === null ? "" : `before ${decimal(rival, 2)}, `}now ${decimal(candidate, 2)}`;
