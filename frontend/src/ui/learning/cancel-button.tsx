/** Stops a job; says so where it could not be stopped. */
import { Button } from "@mantine/core";
import { Refusal } from "../marks";
import { useAction } from "../use-action";

export function CancelButton({ what, cancel, done }: { what: string; cancel: () => Promise<unknown>; done: () => void }) {
  const { busy, error, act } = useAction();
  const stop = async () => {
    await act(cancel);
    done();
  };
  return (
    <>
      <Button size="compact-xs" variant="default" loading={busy} aria-label={`Cancel ${what}`} onClick={() => void stop()}>
        Cancel
      </Button>
      <Refusal words={error} />
    </>
  );
}
