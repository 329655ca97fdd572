/** Changing one's own password: the one place for it. */
import { Button, PasswordInput, Stack, Title } from "@mantine/core";
import { useEffect, useState, type FormEvent } from "react";
import type { User } from "../api/rest";
import { changePassword } from "../api/settings";
import { Mark, Refusal } from "./marks";
import { Page } from "./page";
import styles from "./pages.module.css";
import { useAction } from "./use-action";

export default function PasswordPage({ user }: { user: User }) {
  useEffect(() => {
    document.title = "Change password · Squiggle";
  }, []);
  return (
    <Page user={user}>
      <div className={styles.heading}>
        <Title order={1}>Change password</Title>
      </div>
      {user.has_password ? <PasswordForm user={user} /> : <p className={styles.empty}>This account has no password: it is signed in by a link.</p>}
    </Page>
  );
}

function PasswordForm({ user }: { user: User }) {
  const [old, setOld] = useState("");
  const [wanted, setWanted] = useState("");
  const [again, setAgain] = useState("");
  const [isChanged, setChanged] = useState(false);
  const { busy, error, act } = useAction();
  const differs = again !== "" && again !== wanted;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChanged(false);
    if (again !== wanted || !(await act(() => changePassword(old, wanted)))) return;
    setChanged(true);
    for (const empty of [setOld, setWanted, setAgain]) empty("");
  };
  return (
    <form onSubmit={(event) => void submit(event)} style={{ maxWidth: 320 }}>
      <input type="text" name="username" autoComplete="username" value={user.username} readOnly hidden />
      <Stack gap="md">
        <PasswordInput label="Old password" autoComplete="current-password" required withAsterisk={false} maxLength={1024} value={old} onChange={(event) => setOld(event.currentTarget.value)} />
        <PasswordInput label="New password" description="At least 8 characters, and not a common word." autoComplete="new-password" required withAsterisk={false} maxLength={1024} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />
        <PasswordInput label="New password, once more" autoComplete="new-password" required withAsterisk={false} maxLength={1024} value={again} error={differs && "This is another one than above."} onChange={(event) => setAgain(event.currentTarget.value)} />
        <Refusal words={error} />
        {isChanged && (
          <div role="status">
            <Mark tone="good">changed</Mark> You stay signed in here; everywhere else you are signed out.
          </div>
        )}
        <Button type="submit" loading={busy} disabled={differs}>
          Change password
        </Button>
      </Stack>
    </form>
  );
}
