/** Who is in the project's team, for its admins. */
import { Button, Group, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Project, Role, User } from "../../api/rest";
import { listMembers, removeMember, setMember, type Member } from "../../api/settings";
import styles from "../data.module.css";
import { Failed, Waiting } from "../loading";
import { Refusal } from "../marks";
import { useAction } from "../use-action";
import { useLoaded } from "../use-loaded";
import rows from "./settings.module.css";
import { ROLES } from "./words";

type Props = { project: Project; user: User };

export function MembersSettings({ project, user }: Props) {
  const loaded = useLoaded(() => listMembers(project.id), project.id);
  if (loaded.state === "loading") return <Waiting for="the members" />;
  if (loaded.state === "failed") return <Failed what="The members" error={loaded.error} />;
  return <MemberList project={project} user={user} first={loaded.value} />;
}

function MemberList({ project, user, first }: Props & { first: Member[] }) {
  const [members, setMembers] = useState(first);
  const [leaving, setLeaving] = useState<{ member: Member; role: Role | null } | null>(null);
  const { busy, error, act } = useAction();
  /** Whether it was done. Where somebody else was first, what they did is shown beside the reason. */
  const run = async (work: () => Promise<Member[]>) => {
    const done = await act(async () => setMembers(await work()));
    if (!done) await listMembers(project.id).then(setMembers, () => undefined);
    return done;
  };
  const change = (member: Member, role: Role) => {
    if (member.username === user.username) setLeaving({ member, role });
    else void run(() => setMember(project.id, member.username, role, member.role));
  };
  return (
    <section className={styles.section} aria-label="Members">
      <div className={styles.head}>
        <h2>Members</h2>
      </div>
      <p className={styles.lead}>
        These people are the team {project.team}, and work in all its projects. Viewers look, annotators label, admins also see
        this page. Who is removed is out at once, on open pages too; what they made stays.
      </p>
      <ul className={rows.rows}>
        {members.map((member) => (
          <li key={member.username} className={rows.member}>
            <span>
              {member.username} {member.username === user.username && <span className={styles.quiet}>(you)</span>}
            </span>
            <NativeSelect
              size="xs"
              aria-label={`Role of ${member.username}`}
              data={[...ROLES]}
              value={member.role}
              disabled={busy}
              onChange={(event) => change(member, event.currentTarget.value as Role)}
            />
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              disabled={busy}
              aria-label={`Remove ${member.username}`}
              onClick={() => setLeaving({ member, role: null })}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
      <AddMember busy={busy} add={(name, role) => run(() => setMember(project.id, name, role, null))} />
      <Refusal words={error} />
      {leaving && (
        <Leaving
          {...leaving}
          project={project}
          isMe={leaving.member.username === user.username}
          close={() => setLeaving(null)}
          done={(now) => setMembers(now)}
        />
      )}
    </section>
  );
}

function AddMember({ busy, add }: { busy: boolean; add: (username: string, role: Role) => Promise<boolean> }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("annotator");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await add(name.trim(), role)) setName("");
  };
  return (
    <form className={rows.form} aria-label="New member" onSubmit={(event) => void submit(event)}>
      <TextInput
        size="xs"
        label="Account"
        placeholder="Its exact name"
        required
        withAsterisk={false}
        maxLength={150}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NativeSelect
        size="xs"
        label="Role"
        data={[...ROLES]}
        value={role}
        onChange={(event) => setRole(event.currentTarget.value as Role)}
      />
      <Button type="submit" size="xs" variant="default" loading={busy}>
        Add to the team
      </Button>
    </form>
  );
}

/** Asks once more before somebody loses what they may do: on removal, and when it is oneself. */
function Leaving({ project, member, role, isMe, close, done }: {
  project: Project;
  member: Member;
  role: Role | null;
  isMe: boolean;
  close: () => void;
  done: (members: Member[]) => void;
}) {
  const { busy, error, act } = useAction();
  const leave = async () => {
    const left = await act(async () => {
      if (role) await setMember(project.id, member.username, role, member.role);
      else await removeMember(project.id, member.username);
      if (isMe) location.assign(role ? `/projects/${project.id}` : "/");
      else done(await listMembers(project.id));
    });
    if (left && !isMe) close();
  };
  const title = role ? "Give up your own rights?" : `Remove ${isMe ? "yourself" : member.username} from the team?`;
  return (
    <Modal opened title={title} onClose={close} closeButtonProps={{ "aria-label": "Close" }}>
      <p style={{ marginTop: 0 }}>
        {role
          ? `As ${role} you see this page no more, in none of the projects of ${project.team}. Another admin can give you the role back.`
          : `All projects of ${project.team} are closed to ${isMe ? "you" : member.username} at once. What was labelled stays, under the same name.`}
      </p>
      <Refusal words={error} />
      <Group justify="flex-end" gap="sm" mt={16}>
        <Button variant="default" onClick={close}>
          Leave it as it is
        </Button>
        <Button color="red.9" loading={busy} onClick={() => void leave()}>
          {role ? `Become ${role}` : "Remove"}
        </Button>
      </Group>
    </Modal>
  );
}
