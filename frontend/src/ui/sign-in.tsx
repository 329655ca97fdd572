/** The sign-in page. */
import { Button, PasswordInput, Stack, TextInput, Title } from "@mantine/core";
import { useEffect, useState, type FormEvent } from "react";
import icon from "../icon.svg";
import { onSignInChanged, signIn } from "../api/rest";
import { ownAddress } from "./own-address";
import styles from "./pages.module.css";

const destination = () => ownAddress(new URLSearchParams(location.search).get("next") ?? "/") ?? "/";

export function SignInPage() {
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(
    () =>
      onSignInChanged((userId) => {
        if (userId !== null) location.assign(destination()); // signed in in another tab
      }),
    [],
  );
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    try {
      await signIn(String(form.get("username")), String(form.get("password")));
      location.assign(destination());
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <main className={styles.signIn}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="md">
          <Title order={1} className={styles.brand}>
            <img src={icon} width={28} height={28} alt="" /> Squiggle
          </Title>
          <TextInput label="Name" name="username" autoComplete="username" required withAsterisk={false} autoFocus />
          <PasswordInput label="Password" name="password" autoComplete="current-password" required withAsterisk={false} />
          {failure && (
            <div className={styles.failure} role="alert">
              {failure}
            </div>
          )}
          <Button type="submit" loading={busy}>
            Sign in
          </Button>
        </Stack>
      </form>
    </main>
  );
}
