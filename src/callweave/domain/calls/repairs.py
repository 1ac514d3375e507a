from enum import StrEnum


class RepairKind(StrEnum):
    """What never came and was filled in from the carrier's lists.

    `call_missing`: none of its reports came. `end_missing`: the call's own last status.
    `leg_missing`: a leg's last status. `dial_missing`: how a dial ended. `message_missing`: that
    the caller left a message. `duration_wrong`: a figure that differs from the carrier's.
    `unknown_to_carrier`: open for a day, and the carrier knows of no such call.
    """

    CALL_MISSING = "call_missing"
    END_MISSING = "end_missing"
    LEG_MISSING = "leg_missing"
    DIAL_MISSING = "dial_missing"
    MESSAGE_MISSING = "message_missing"
    DURATION_WRONG = "duration_wrong"
    UNKNOWN_TO_CARRIER = "unknown_to_carrier"
