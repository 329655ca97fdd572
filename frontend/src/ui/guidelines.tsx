/** The project's guidelines as everybody reads them. */
import { lazy, Suspense } from "react";
import { getGuidelines } from "../api/settings";
import { Failed, Waiting } from "./loading";
import { useLoaded } from "./use-loaded";

const MarkdownText = lazy(() => import("./markdown"));

/** `version`: of the project; another one reads them anew. */
export function GuidelinesText({ projectId, version = 0 }: { projectId: number; version?: number }) {
  const loaded = useLoaded(() => getGuidelines(projectId), `${projectId} ${version}`);
  if (loaded.state === "loading") return <Waiting for="the guidelines" />;
  if (loaded.state === "failed") return <Failed what="The guidelines" error={loaded.error} />;
  if (!loaded.value.text.trim()) return <p>This project has no guidelines yet. Its admins write them in its Settings.</p>;
  return (
    <Suspense fallback={<Waiting for="the guidelines" />}>
      <MarkdownText text={loaded.value.text} />
    </Suspense>
  );
}
