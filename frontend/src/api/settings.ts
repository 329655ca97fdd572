/** The REST API of a project's settings, of new projects and of one's own password. */
import type { components } from "../generated/schema";
import { json, request, type ProjectSummary, type Role } from "./rest";

type Schemas = components["schemas"];

export type LabelRow = Schemas["LabelRow"];
export type Labels = Schemas["Labels"];
export type NewLabel = Schemas["NewLabelRequest"];
export type LabelChange = Omit<Schemas["PatchedLabelChangeRequest"], "version">;
export type LabelDeletion = Schemas["LabelDeletionRequest"];
export type Member = Schemas["Member"];
export type Guidelines = Schemas["Guidelines"];
export type Split = Schemas["Split"];
export type SplitSlide = Schemas["SplitSlide"];
export type Teams = Schemas["Teams"];
export type NewProject = Schemas["NewProjectRequest"];

const of = (projectId: number, what: string) => `/api/projects/${projectId}/${what}`;

export const getLabels = (id: number): Promise<Labels> => json("GET", of(id, "labels"));
export const addLabel = (id: number, label: NewLabel): Promise<Labels> => json("POST", of(id, "labels"), label);
/** `version`: of the label as it was seen; where somebody changed it since, nothing is overwritten. */
export const changeLabel = (id: number, labelId: number, version: number, changes: LabelChange): Promise<Labels> =>
  json("PATCH", of(id, `labels/${labelId}`), { version, ...changes });
export const orderLabels = (id: number, before: readonly number[], ids: readonly number[]): Promise<Labels> =>
  json("PUT", of(id, "labels/order"), { before, ids });
/** Some objects at a time: ask again until none are left. */
export const deleteLabel = (id: number, labelId: number, how: LabelDeletion): Promise<Schemas["LabelDeleted"]> =>
  json("POST", of(id, `labels/${labelId}/delete`), how);
export const bringBackLabel = (id: number, labelId: number): Promise<Labels> =>
  json("POST", of(id, `labels/${labelId}/bring-back`));

export const listMembers = (id: number): Promise<Member[]> => json("GET", of(id, "members"));
/** `was`: the role that was seen; null: not in the team. */
export const setMember = (id: number, username: string, role: Role, was: Role | null): Promise<Member[]> =>
  json("PUT", of(id, "members"), { username, role, was });
export async function removeMember(id: number, username: string): Promise<void> {
  await request("DELETE", of(id, `members/${encodeURIComponent(username)}`));
}

export const getGuidelines = (id: number): Promise<Guidelines> => json("GET", of(id, "guidelines"));
export const setGuidelines = (id: number, text: string, version: number): Promise<Guidelines> =>
  json("PUT", of(id, "guidelines"), { text, version });

export const getSplit = (id: number): Promise<Split> => json("GET", of(id, "learning/split"));

export const listTeams = (): Promise<Teams> => json("GET", "/api/teams");
export const createProject = (wanted: NewProject): Promise<ProjectSummary> => json("POST", "/api/projects", wanted);

export async function changePassword(oldPassword: string, newPassword: string): Promise<void> {
  await request("POST", "/api/session/password", { old_password: oldPassword, new_password: newPassword });
}
