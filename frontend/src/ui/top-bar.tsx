/** The workspace's upper bar: the way back, the slide's name, theme, help, and who is signed in. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { CircleHelp } from "lucide-react";
import type { Slide, User } from "../api/rest";
import type { Workspace } from "../workspace";
import { GuidelinesButton } from "./guidelines-panel";
import { ThemeButton, UserMenu } from "./page";
import { RegionBar } from "./region-bar";
import { useIsPhone } from "./narrow";
import { PanelButton } from "./side-panel";
import styles from "./workspace.module.css";

export function TopBar({ slide, user, workspace }: { slide: Slide; user: User; workspace: Workspace | null }) {
  const isPhone = useIsPhone();
  return (
    <header className={styles.top}>
      <a href={`/projects/${slide.project.id}`} aria-label={`Back to ${slide.project.name}`}>
        ‹ {slide.project.name}
      </a>
      <span className={styles.quiet}>/</span>
      <h1 className={styles.name}>{slide.name}</h1>
      <span className={styles.spacer} />
      {workspace && <RegionBar workspace={workspace} />}
      {workspace && <GuidelinesButton workspace={workspace} />}
      <ThemeButton />
      <Tooltip label="All keys (?)">
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="All keys"
          onClick={() => workspace?.helpOpen.set(true)}
        >
          <CircleHelp size={16} />
        </ActionIcon>
      </Tooltip>
      {workspace && !isPhone && <PanelButton workspace={workspace} />}
      <UserMenu user={user} />
    </header>
  );
}
