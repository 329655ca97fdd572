/** How the list of objects is ordered and narrowed down; kept for each person in this browser. */
import { ActionIcon, Button, Indicator, NativeSelect, Popover, Stack, TextInput } from "@mantine/core";
import { ListFilter } from "lucide-react";
import { useMemo } from "react";
import { kept } from "../store/kept";
import { Signal } from "../store/signal";
import type { Workspace } from "../workspace";
import { countFilters, FIRST_QUERY, withoutFilters, type By, type Names, type ObjectQuery, type ObjectSort } from "./object-query";
import { useSignal } from "./use-signal";
import styles from "./objects.module.css";

/** Mantine's dialogs lie at 200. */
const BELOW_DIALOGS = 190;

const SORTS: Record<ObjectSort, string> = {
  newest: "Newest first",
  doubt: "Least sure first",
  largest: "Largest first",
  smallest: "Smallest first",
  label: "By label",
};

/** What this person chose for this project, with the words that are looked for until the page goes. */
export function useObjectQuery({ user, slide }: Workspace): Signal<ObjectQuery> {
  return useMemo(() => {
    const stored = kept<ObjectQuery>(`object-list.${user.username}.${slide.project.id}`, FIRST_QUERY);
    const query = new Signal<ObjectQuery>({ ...FIRST_QUERY, ...stored.get(), text: "" });
    query.subscribe((now) => stored.set({ ...now, text: "" }));
    return query;
  }, [user, slide]);
}

export function useNames({ labels, models }: Workspace): Names {
  const list = useSignal(labels.list); // names change while the page is open
  return useMemo(() => ({ label: (id) => labels.get(id), model: (id) => models.byId(id)?.name }), [labels, models, list]);
}

export function ObjectFilters({ workspace, query }: { workspace: Workspace; query: Signal<ObjectQuery> }) {
  const { sort } = useSignal(query);
  return (
    <>
      <NativeSelect
        size="xs"
        className={styles.sort}
        aria-label="Order of the objects"
        value={sort}
        data={Object.entries(SORTS).map(([value, label]) => ({ value, label }))}
        onChange={(event) => {
          query.set({ ...query.get(), sort: event.currentTarget.value as ObjectSort });
          // The keys go back to the slide.
          event.currentTarget.blur();
        }}
      />
      <FilterButton workspace={workspace} query={query} />
    </>
  );
}

function FilterButton({ workspace, query }: { workspace: Workspace; query: Signal<ObjectQuery> }) {
  const set = countFilters(useSignal(query));
  return (
    <Popover position="left-start" withArrow trapFocus width={260} zIndex={BELOW_DIALOGS}>
      <Indicator label={set} size={14} disabled={set === 0} offset={3}>
        <Popover.Target>
          <ActionIcon variant="default" size={28} title="Show only some of them" aria-label={`Filter the objects${set ? `: ${set} set` : ""}`}>
            <ListFilter size={15} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        <Fields workspace={workspace} query={query} />
      </Popover.Dropdown>
    </Popover>
  );
}

function Fields({ workspace, query }: { workspace: Workspace; query: Signal<ObjectQuery> }) {
  const now = useSignal(query);
  const labels = useSignal(workspace.labels.list);
  const makers = useMakers(workspace, now.by);
  const set = (change: Partial<ObjectQuery>) => query.set({ ...query.get(), ...change });
  return (
    <Stack gap={8}>
      <TextInput
        size="xs"
        label="Words"
        placeholder="of label, person, model or failure"
        maxLength={100}
        value={now.text}
        onChange={(event) => set({ text: event.currentTarget.value })}
      />
      <NativeSelect
        size="xs"
        label="Label"
        value={String(now.labelId ?? "")}
        data={[{ value: "", label: "Any" }, ...labels.map(({ id, name }) => ({ value: String(id), label: name }))]}
        onChange={(event) => set({ labelId: event.currentTarget.value === "" ? null : Number(event.currentTarget.value) })}
      />
      <NativeSelect
        size="xs"
        label="Made by"
        value={now.by ? JSON.stringify(now.by) : ""}
        data={[{ value: "", label: "Anybody, any model" }, ...makers]}
        onChange={(event) => set({ by: event.currentTarget.value === "" ? null : (JSON.parse(event.currentTarget.value) as By) })}
      />
      <Button size="compact-xs" variant="default" disabled={countFilters(now) === 0} onClick={() => query.update(withoutFilters)}>
        Show all
      </Button>
    </Stack>
  );
}

/** Who and what made the objects that the browser knows, and what is chosen, as choices. */
function useMakers({ store, models }: Workspace, chosen: By | null): { group: string; items: { value: string; label: string }[] }[] {
  const authors = new Set<string>();
  const modelIds = new Set<number>();
  for (const { author, modelId } of store.values()) {
    authors.add(author);
    if (modelId !== null) modelIds.add(modelId);
  }
  if (chosen && "author" in chosen) authors.add(chosen.author);
  if (chosen && "modelId" in chosen) modelIds.add(chosen.modelId);
  const item = (by: By, label: string) => ({ value: JSON.stringify(by), label });
  return [
    { group: "People", items: [...authors].sort().map((author) => item({ author }, author)) },
    {
      group: "Models",
      items: [...modelIds].map((modelId) => item({ modelId }, models.byId(modelId)?.name ?? `an earlier model (${modelId})`)),
    },
  ].filter(({ items }) => items.length > 0);
}
