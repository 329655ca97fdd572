/** The pages by address. */
import { MantineProvider, type MantineColorSchemeManager } from "@mantine/core";
import { lazy, Suspense, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { Redirect, Route, Switch } from "wouter";
import { getSlide, tellSignIn, type Slide, type User } from "./api/rest";
import { Session } from "./session";
import { loadSettings } from "./store/settings";
import { CrashBoundary } from "./ui/crash";
import { HomePage } from "./ui/home";
import { Page } from "./ui/page";
import { NotFoundPage, ProjectPage } from "./ui/project";
import { SessionDialog } from "./ui/session-dialog";
import { SignInPage } from "./ui/sign-in";
import { SlidePage } from "./ui/slide-page";
import { theme } from "./ui/theme";

// Pages that few visits need are fetched when they are opened.
const ModelsPage = lazy(() => import("./ui/models/models-page"));
const LearningPage = lazy(() => import("./ui/learning/learning-page"));
const SettingsPage = lazy(() => import("./ui/settings/settings-page"));
const PasswordPage = lazy(() => import("./ui/password-page"));
const RunPage = lazy(() => import("./ui/learning/run-page"));

const settings = loadSettings();

const colourScheme: MantineColorSchemeManager = {
  get: () => settings.theme.get(),
  set: (value) => settings.theme.set(value === "light" ? "light" : "dark"),
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => undefined,
};

function Pages({ session, slide }: { session: Session | null; slide: Promise<Slide> | undefined }) {
  if (session === null) {
    const next = location.pathname === "/sign-in" ? "" : `?next=${encodeURIComponent(location.pathname)}`;
    return (
      <Switch>
        <Route path="/sign-in" component={SignInPage} />
        <Route>
          <Redirect to={`/sign-in${next}`} />
        </Route>
      </Switch>
    );
  }
  const { user } = session;
  return (
    <Suspense fallback={<Page user={user}>{null}</Page>}>
      <Switch>
        <Route path="/sign-in" component={SignInPage} />
        <Route path="/">{() => <HomePage user={user} />}</Route>
        <Route path="/projects/:id">{({ id }) => <ProjectPage user={user} id={Number(id)} />}</Route>
        <Route path="/projects/:id/models">{({ id }) => <ModelsPage user={user} id={Number(id)} />}</Route>
        <Route path="/projects/:id/learning">{({ id }) => <LearningPage user={user} id={Number(id)} />}</Route>
        <Route path="/projects/:id/settings">{({ id }) => <SettingsPage user={user} id={Number(id)} />}</Route>
        <Route path="/account/password">{() => <PasswordPage user={user} />}</Route>
        <Route path="/projects/:id/learning/runs/:run">
          {({ id, run }) => <RunPage user={user} id={Number(id)} runId={run} />}
        </Route>
        <Route path="/slides/:id">
          {({ id }) => <SlidePage session={session} load={() => slide ?? getSlide(Number(id))} />}
        </Route>
        <Route>{() => <NotFoundPage user={user} />}</Route>
      </Switch>
      <SessionDialog session={session} />
    </Suspense>
  );
}

/** The other tabs hear who is signed in: whoever came by a link or from /admin told nobody yet. */
function openSession(user: User | null): Session | null {
  tellSignIn(user?.id ?? null);
  return user && new Session(user);
}

/** Draw the page that the address names. `slide` is the slide that a slide's address names, already asked for. */
export async function showPages(user: Promise<User | null>, slide: Promise<Slide> | undefined): Promise<void> {
  const root = createRoot(document.getElementById("root")!);
  const draw = (page: ReactNode) =>
    root.render(
      <MantineProvider theme={theme} colorSchemeManager={colourScheme} defaultColorScheme="dark">
        <CrashBoundary>{page}</CrashBoundary>
      </MantineProvider>,
    );
  try {
    draw(<Pages session={openSession(await user)} slide={slide} />);
  } catch (error) {
    draw(<p style={{ padding: 24 }}>{error instanceof Error ? error.message : String(error)}</p>);
  }
}
