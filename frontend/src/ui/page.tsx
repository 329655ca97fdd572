/** The frame of the pages around the slides: brand, way back, theme, and who is signed in. */
import { ActionIcon, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { CircleUser, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import icon from "../icon.svg";
import { signOut, type User } from "../api/rest";
import styles from "./pages.module.css";

export function Page({ user, path, children }: { user: User; path?: ReactNode; children: ReactNode }) {
  return (
    <div className={styles.page}>
      <header className={styles.bar}>
        <Link href="/" className={styles.brand} aria-label="Squiggle: home">
          <img src={icon} width={20} height={20} alt="" /> Squiggle
        </Link>
        {path}
        <span className={styles.spacer} />
        <ThemeButton />
        <UserMenu user={user} />
      </header>
      <main className={styles.content}>{children}</main>
    </div>
  );
}

export function ThemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const other = colorScheme === "dark" ? "light" : "dark";
  return (
    <Tooltip label={`Switch to the ${other} theme`}>
      <ActionIcon variant="subtle" color="gray" aria-label={`Switch to the ${other} theme`} onClick={() => setColorScheme(other)}>
        {other === "light" ? <Sun size={16} /> : <Moon size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}

export function UserMenu({ user }: { user: User }) {
  const leave = async () => {
    await signOut();
    location.assign("/sign-in");
  };
  return (
    <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <UnstyledButton aria-label={`Account of ${user.username}`} style={{ display: "flex", gap: 4, alignItems: "center" }}>
          <CircleUser size={16} /> <span className={styles.userName}>{user.username}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {user.has_password && (
          <Menu.Item component="a" href="/account/password">
            Change password
          </Menu.Item>
        )}
        <Menu.Item onClick={() => void leave()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
