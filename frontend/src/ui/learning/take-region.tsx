/** Takes the next region of the queue and goes there. */
import { Button } from "@mantine/core";
import { takeNextRegion } from "../../api/regions";
import { Refusal } from "../marks";
import { useAction } from "../use-action";

export function TakeRegion({ projectId }: { projectId: number }) {
  const { busy, error, act } = useAction();
  const take = () =>
    act(async () => {
      const region = await takeNextRegion(projectId);
      // A full page load: the workspace starts with nothing else in the way.
      location.assign(`/slides/${region.slide_id}?region=${region.id}`);
    });
  return (
    <>
      <Refusal words={error} />
      <Button size="xs" loading={busy} onClick={() => void take()}>
        Label the next region
      </Button>
    </>
  );
}
