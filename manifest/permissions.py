"""Names of resource-specific permissions: a misspelt one passes the schema and grants nothing."""

# learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
_TEAM = """
Channel.Create Channel.Delete ChannelMeeting.ReadBasic ChannelMeetingActiveSpeaker.Read
ChannelMeetingAudioVideo.Stream ChannelMeetingIncomingAudio.Detect ChannelMeetingNotification.Send
ChannelMeetingParticipant.Read ChannelMeetingRecording.Read ChannelMeetingStage.Write
ChannelMeetingTranscript.Read ChannelMessage.Read ChannelMessage.Send ChannelSettings.Read
ChannelSettings.ReadWrite InAppPurchase.Allow LiveShareSession.ReadWrite
MeetingParticipantReaction.Read Member.Read Owner.Read TeamMember.Read TeamSettings.Read
TeamSettings.ReadWrite TeamsActivity.Send TeamsAppInstallation.Read TeamsTab.Create
TeamsTab.Delete TeamsTab.Read TeamsTab.ReadWrite
"""
_CHAT = """
Calls.AccessMedia Calls.JoinGroupCalls Chat.Manage ChatMember.Read ChatMessage.Read
ChatMessage.Send ChatMessageReadReceipt.Read ChatSettings.Read ChatSettings.ReadWrite
InAppPurchase.Allow LiveShareSession.ReadWrite MeetingParticipantReaction.Read MeetingStage.Write
OnlineMeeting.ReadBasic OnlineMeetingActiveSpeaker.Read OnlineMeetingAudioVideo.Stream
OnlineMeetingIncomingAudio.Detect OnlineMeetingNotification.Send OnlineMeetingParticipant.Read
OnlineMeetingParticipant.ToggleIncomingAudio OnlineMeetingRecording.Read
OnlineMeetingTranscript.Read TeamsActivity.Send TeamsAppInstallation.Read TeamsTab.Create
TeamsTab.Delete TeamsTab.Read TeamsTab.ReadWrite
"""
_USER = """
CameraStream.Read InAppPurchase.Allow MeetingParticipantReaction.Read MicrophoneStream.Read
OutgoingVideoStream.Write
"""

RESOURCE_PERMISSIONS = frozenset(
    f"{name}.{kind}"
    for kind, names in (("Group", _TEAM), ("Chat", _CHAT), ("User", _USER))
    for name in names.split()
)
