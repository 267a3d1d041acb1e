/** Something an officer should look at, and what to do about it. */
export interface Finding {
	about: string;
	finding: string;
	todo: string;
}
