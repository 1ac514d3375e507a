/** Whether this is the file with what few sites need. The build writes the answer in. */
declare const FULL: boolean;
