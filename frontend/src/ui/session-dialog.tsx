/** Over the page while its person is not the one who is signed in: sign in here, and the page goes on where it was. */
import { Button, Group, Modal, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useEffect, useState, type FormEvent } from "react";
import { signIn } from "../api/rest";
import type { Session } from "../session";
import styles from "./pages.module.css";
import { useAction } from "./use-action";
import { useSignal } from "./use-signal";

export function SessionDialog({ session }: { session: Session }) {
  const standing = useSignal(session.standing);
  const { username } = session.user;
  const other = standing.kind === "other_person" ? standing.username : null;
  return (
    <Modal
      opened={standing.kind !== "signed_in"}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      centered
      styles={{ title: { fontWeight: 600 } }}
      title={other === null ? "You are signed out" : `This page is ${username}'s, and ${other} is signed in`}
    >
      <Stack gap="md">
        <p className={styles.sessionWords}>
          {other === null
            ? `Sign in as ${username}, here or in another tab, and this page goes on where it was.`
            : `What ${username} did here waits, and is never sent as ${other}. Sign in as ${username} to go on, or open the page as ${other}.`}
        </p>
        {session.user.is_demo ? <DemoWay /> : <SignInForm key={standing.kind} session={session} />}
        <OtherWays username={username} other={other} />
      </Stack>
    </Modal>
  );
}

function SignInForm({ session }: { session: Session }) {
  const { username } = session.user;
  const [password, setPassword] = useState("");
  const { busy, error, act } = useAction();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act(async () => {
      await signIn(username, password);
      await session.check();
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput label="Name" name="username" autoComplete="username" value={username} readOnly />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {error && (
          <div className={styles.failure} role="alert">
            {error}
          </div>
        )}
        <Button type="submit" loading={busy}>
          Sign in as {username}
        </Button>
      </Stack>
    </form>
  );
}

/** The demo account has no password. */
function DemoWay() {
  return (
    <p className={styles.sessionWords}>
      The demo account is entered by a link: start Squiggle again, and open the link that it prints in another tab.
    </p>
  );
}

function OtherWays({ username, other }: { username: string; other: string | null }) {
  const [isLeaving, setLeaving] = useState(false);
  useEffect(() => {
    if (!isLeaving) return;
    const timer = setTimeout(() => setLeaving(false), 1_000); // the browser asked, and the person stays
    return () => clearTimeout(timer);
  }, [isLeaving]);
  const leave = (go: () => void) => {
    setLeaving(true);
    go();
  };
  const elsewhere = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
  return (
    <Group justify="space-between" gap="xs">
      <span className={styles.quiet}>Not {username}?</span>
      {other === null ? (
        <Button size="compact-sm" variant="default" loading={isLeaving} onClick={() => leave(() => location.assign(elsewhere))}>
          Leave this page and sign in
        </Button>
      ) : (
        <Button size="compact-sm" variant="default" loading={isLeaving} onClick={() => leave(() => location.reload())}>
          Open the page as {other}
        </Button>
      )}
    </Group>
  );
}
