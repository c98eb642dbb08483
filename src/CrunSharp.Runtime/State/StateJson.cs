using System.Buffers;
using System.Text.Json;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>A container's state as hooks and callers read it.</summary>
/// <remarks>runtime-spec 1.3, runtime.md#state; rootfs, created and owner are runc's additions.</remarks>
public static class StateJson
{
    public static byte[] Write(ContainerState state, bool indented = false)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = indented, SkipValidation = true }))
        {
            Write(json, state);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A list, <c>null</c> never: callers parse an array.</summary>
    public static byte[] Write(IReadOnlyList<ContainerState> states)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartArray();
            foreach (ContainerState state in states)
            {
                Write(json, state);
            }

            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, ContainerState state)
    {
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, Spec.CurrentVersion);
        json.WriteString("id"u8, state.Id.Value);
        json.WriteNumber("pid"u8, state.Pid);
        json.WriteString("status"u8, Name(state.Status));
        json.WriteString("bundle"u8, state.Bundle);
        json.WriteString("rootfs"u8, state.RootPath);
        json.WriteString("created"u8, state.Created.UtcDateTime);
        if (state.Annotations.Count > 0)
        {
            json.WriteStartObject("annotations"u8);
            foreach ((string name, string value) in state.Annotations)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteString("owner"u8, state.Owner);
        json.WriteEndObject();
    }

    public static string Name(ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };
}
