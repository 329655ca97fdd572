/** The form for a new project: in a team that one administers, or, for operators, in a new one. */
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useLocation } from "wouter";
import { createProject, listTeams, type NewProject as Wanted, type Teams } from "../api/settings";
import { Refusal } from "./marks";
import { useAction } from "./use-action";
import { useLoaded } from "./use-loaded";

const NEW_TEAM = "";
const FIRST_LABELS: { value: Wanted["labels"]; label: string }[] = [
  { value: "nuclei", label: "Nuclei: tumour, lymphocyte, other" },
  { value: "nuclei_and_glands", label: "Nuclei and glands" },
  { value: "cells", label: "Cells in smears: white blood cell, other" },
  { value: "none", label: "None: I make my own" },
];

/** Nothing for those who may make no project. */
export function NewProject() {
  const teams = useLoaded(listTeams, "teams");
  const [open, setOpen] = useState(false);
  if (teams.state !== "ready" || (teams.value.teams.length === 0 && !teams.value.may_found)) return null;
  return (
    <>
      <Button size="xs" variant="default" leftSection={<Plus size={14} />} onClick={() => setOpen(true)}>
        New project
      </Button>
      {open && <Dialog teams={teams.value} close={() => setOpen(false)} />}
    </>
  );
}

function Dialog({ teams: { teams, may_found }, close }: { teams: Teams; close: () => void }) {
  const [name, setName] = useState("");
  const [team, setTeam] = useState(teams.length > 0 ? String(teams[0]!.id) : NEW_TEAM);
  const [newTeam, setNewTeam] = useState("");
  const [labels, setLabels] = useState<Wanted["labels"]>("nuclei");
  const { busy, error, act } = useAction();
  const [, navigate] = useLocation();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const where = team === NEW_TEAM ? { new_team: newTeam } : { team_id: Number(team) };
    await act(async () => {
      const project = await createProject({ name, labels, ...where });
      navigate(`/projects/${project.id}`);
    });
  };
  const choices = teams.map(({ id, name: label }) => ({ value: String(id), label }));
  return (
    <Modal opened title="New project" onClose={close} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="md">
          <TextInput
            label="Name"
            required
            withAsterisk={false}
            maxLength={120}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NativeSelect
            label="Team"
            description="Everybody in the team sees the project."
            data={may_found ? [...choices, { value: NEW_TEAM, label: "A new team, with me as its admin" }] : choices}
            value={team}
            onChange={(event) => setTeam(event.currentTarget.value)}
          />
          {team === NEW_TEAM && (
            <TextInput
              label="Name of the team"
              required
              withAsterisk={false}
              maxLength={120}
              value={newTeam}
              onChange={(event) => setNewTeam(event.currentTarget.value)}
            />
          )}
          <NativeSelect
            label="First labels"
            description="All can be changed in the project's Settings."
            data={FIRST_LABELS}
            value={labels}
            onChange={(event) => setLabels(event.currentTarget.value as Wanted["labels"])}
          />
          <Refusal words={error} />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={close}>
              Leave it
            </Button>
            <Button type="submit" loading={busy}>
              Make the project
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
