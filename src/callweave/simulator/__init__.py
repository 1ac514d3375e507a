"""A carrier to practise with: the independent other side of the telephone line.

It shares no code with `callweave.telephony`, so that an error in our reading of Twilio's rules
has to be made twice before it goes unseen.
"""
