// Requests whose refusal is said on the page. That the server is away is said at its top.
import { Away, Refused } from "./api.js";
import { complaint, fill } from "./dom.js";

/** Does what asks the server, says in `place` why the server refuses, and returns whether it was done.
 * @param {Element} place @param {() => Promise<void>} act */
export async function attempt(place, act) {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof Refused) fill(place, complaint(error));
    else if (!(error instanceof Away)) throw error;
    return false;
  }
}
