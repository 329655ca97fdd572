/** When a project trains, for those who may only read it. */
import type { Preferences } from "../../api/learning";
import { Facts } from "../marks";
import { number } from "../words";
import { scheduleInWords } from "./schedule";

export function PreferencesInWords({ preferences: { schedule, new_objects, promotes, samples } }: { preferences: Preferences }) {
  return (
    <Facts
      rows={[
        ["By the clock", scheduleInWords(schedule)],
        ["By count", new_objects === null ? "not by count" : `after ${number(new_objects)} newly accepted objects`],
        ["If it is better", promotes ? "it takes over by itself" : "an admin decides"],
        ["Patches", `${number(samples)} shown in a training`],
      ]}
    />
  );
}
