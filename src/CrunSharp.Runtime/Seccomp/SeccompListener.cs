using System.Buffers;
using System.Text;
using System.Text.Json;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>Hands the descriptor that answers for SCMP_ACT_NOTIFY to the agent that the profile names.</summary>
/// <remarks>runtime-spec 1.3, config-linux.md#containerprocessstate.</remarks>
internal static class SeccompListener
{
    public static void Send(Spec spec, ContainerState state, SafeFileHandle listener)
    {
        SeccompProfile profile = SeccompProfile.Parse(spec.Linux.Seccomp.Span);
        string path = profile.ListenerPath
            ?? throw new CrunException("cannot apply linux.seccomp of config.json", "SCMP_ACT_NOTIFY needs a listenerPath");
        try
        {
            using SafeFileHandle agent = UnixSocket.ConnectStream(path);
            UnixSocket.SendDescriptor(agent, listener, Encoding.UTF8.GetString(Describe(profile, state)));
        }
        catch (LinuxException failure)
        {
            throw new CrunException("cannot hand over the seccomp listener", failure.Message, failure);
        }
    }

    private static byte[] Describe(SeccompProfile profile, ContainerState state)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion"u8, Spec.CurrentVersion);
            json.WriteStartArray("fds"u8);
            json.WriteStringValue("seccompFd"u8);
            json.WriteEndArray();
            json.WriteNumber("pid"u8, state.Pid);
            if (profile.ListenerMetadata is not null)
            {
                json.WriteString("metadata"u8, profile.ListenerMetadata);
            }

            json.WritePropertyName("state"u8);
            json.WriteRawValue(StateJson.Write(state), skipInputValidation: true);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
