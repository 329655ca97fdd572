/** Starts the page: who is signed in, which page the address names, and that page. */
import "@mantine/core/styles.css";
import "./ui/base.css";
import { MantineProvider, type MantineColorSchemeManager } from "@mantine/core";
import { createRoot } from "react-dom/client";
import { Redirect, Route, Switch } from "wouter";
import { getSlide, getUser, type User } from "./api/rest";
import { loadSettings } from "./store/settings";
import { HomePage } from "./ui/home";
import { NotFoundPage, ProjectPage } from "./ui/project";
import { SignInPage } from "./ui/sign-in";
import { SlidePage } from "./ui/slide-page";
import { theme } from "./ui/theme";

// A slide's address asks for the slide while the rest of the page still starts.
const slideId = /^\/slides\/(\d+)/.exec(location.pathname)?.[1];
const slide = slideId === undefined ? undefined : getSlide(Number(slideId));
slide?.catch(() => undefined);

const settings = loadSettings();

const colourScheme: MantineColorSchemeManager = {
  get: () => settings.theme.get(),
  set: (value) => settings.theme.set(value === "light" ? "light" : "dark"),
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => undefined,
};

function Pages({ user }: { user: User | null }) {
  if (user === null) {
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
  return (
    <Switch>
      <Route path="/sign-in" component={SignInPage} />
      <Route path="/">{() => <HomePage user={user} />}</Route>
      <Route path="/projects/:id">{({ id }) => <ProjectPage user={user} id={Number(id)} />}</Route>
      <Route path="/slides/:id">
        {({ id }) => <SlidePage user={user} load={() => slide ?? getSlide(Number(id))} />}
      </Route>
      <Route>{() => <NotFoundPage user={user} />}</Route>
    </Switch>
  );
}

async function start(): Promise<void> {
  const root = createRoot(document.getElementById("root")!);
  const draw = (page: React.ReactNode) =>
    root.render(
      <MantineProvider
        theme={theme}
        colorSchemeManager={colourScheme}
        defaultColorScheme="dark"
      >
        {page}
      </MantineProvider>,
    );
  try {
    draw(<Pages user={await getUser()} />);
  } catch (error) {
    draw(<p style={{ padding: 24 }}>{error instanceof Error ? error.message : String(error)}</p>);
  }
}

void start();
