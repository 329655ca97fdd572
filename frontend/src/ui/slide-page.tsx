/** The workspace: the slide with its tools, panels and status bar around it. */
import { useEffect, useRef, useState } from "react";
import type { Slide } from "../api/rest";
import type { Session } from "../session";
import { Workspace } from "../workspace";
import { exposeHooksOnceOpen } from "../window-hooks";
import { AreaStrip } from "./area-strip";
import { EmptyQuestion } from "./empty-question";
import { GuidelinesPanel } from "./guidelines-panel";
import { Help } from "./help";
import { Hint } from "./hint";
import { HoverChip } from "./hover-chip";
import { InHandBar } from "./in-hand-bar";
import { listenToKeys } from "./keys";
import { Failed, Waiting } from "./loading";
import { MisfitChip } from "./misfit";
import { NoticeList } from "./notice-list";
import { Page } from "./page";
import { SelectedStrip } from "./selected-strip";
import { SidePanel, SidePanelPlace } from "./side-panel";
import { StatusBar } from "./status-bar";
import { ToolRail } from "./tool-rail";
import { TopBar } from "./top-bar";
import { useLoaded } from "./use-loaded";
import styles from "./workspace.module.css";

export function SlidePage({ session, load }: { session: Session; load: () => Promise<Slide> }) {
  const slide = useLoaded(load, location.pathname);
  if (slide.state === "ready") return <SlideWorkspace session={session} slide={slide.value} />;
  return (
    <Page user={session.user}>
      {slide.state === "failed" ? <Failed what="The slide" error={slide.error} /> : <Waiting for="the slide" />}
    </Page>
  );
}

function SlideWorkspace({ session, slide }: { session: Session; slide: Slide }) {
  const host = useRef<HTMLDivElement>(null);
  const [workspace, setWorkspace] = useState<Workspace | null>(null);
  useEffect(() => {
    document.title = `${slide.name} · Squiggle`;
    const opened = new Workspace(host.current!, slide, session);
    const stopExposing = exposeHooksOnceOpen(opened, host.current!);
    const stopKeys = listenToKeys(opened);
    setWorkspace(opened);
    return () => {
      stopKeys();
      stopExposing();
      opened.stop();
    };
  }, [slide, session]);
  return (
    <div className={styles.workspace} onClick={keepFocusOnSlide}>
      <TopBar slide={slide} user={session.user} workspace={workspace} />
      <div className={styles.middle}>
        {workspace ? <ToolRail workspace={workspace} /> : <nav className={styles.rail} />}
        <main className={styles.stage}>
          <div ref={host} className={styles.slide} role="application" aria-label={`Slide ${slide.name}`} />
          {workspace && <OnTheSlide workspace={workspace} />}
        </main>
        {workspace ? <SidePanel workspace={workspace} /> : <SidePanelPlace />}
      </div>
      {workspace ? <StatusBar workspace={workspace} /> : <footer className={styles.status} />}
      {workspace && <Help workspace={workspace} />}
      {workspace && <EmptyQuestion workspace={workspace} />}
    </div>
  );
}

function OnTheSlide({ workspace }: { workspace: Workspace }) {
  return (
    <>
      <Hint workspace={workspace} />
      <AreaStrip workspace={workspace} />
      <SelectedStrip workspace={workspace} />
      <HoverChip workspace={workspace} />
      <MisfitChip workspace={workspace} />
      <GuidelinesPanel workspace={workspace} />
      <div className={styles.below}>
        <NoticeList workspace={workspace} />
        <InHandBar workspace={workspace} />
      </div>
    </>
  );
}

/** What was pressed with the mouse gives the focus back, so that Enter goes on meaning "accept". */
function keepFocusOnSlide(event: React.MouseEvent): void {
  const focused = document.activeElement;
  const wasPressed = event.detail > 0 && focused instanceof HTMLElement && focused.matches("button, [type=radio], [type=checkbox]");
  if (wasPressed && event.currentTarget.contains(focused)) focused.blur();
}
