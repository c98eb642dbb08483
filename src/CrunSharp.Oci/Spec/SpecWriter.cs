namespace CrunSharp.Oci;

/// <summary>Writes config.json; what is absent or empty is left out.</summary>
public static partial class SpecWriter
{
    private const int UsualSize = 16 << 10;

    public static byte[] Write(Spec spec) => Write(writer => WriteSpec(writer, spec));

    /// <summary>Writes process.json.</summary>
    public static byte[] Write(Process process) => Write(writer => WriteProcess(writer, process));

    private static byte[] Write(Action<JsonText> write)
    {
        JsonText writer = new(UsualSize, indented: true);
        write(writer);
        return writer.Written.ToArray();
    }

    private static void WriteSpec(JsonText writer, Spec spec)
    {
        writer.WriteStartObject();
        writer.WriteString("ociVersion"u8, spec.OciVersion);
        if (spec.Process is not null)
        {
            writer.WritePropertyName("process"u8);
            WriteProcess(writer, spec.Process);
        }

        if (spec.Root is not null)
        {
            writer.WriteStartObject("root"u8);
            writer.WriteString("path"u8, spec.Root.Path);
            Flag(writer, "readonly"u8, spec.Root.Readonly);
            writer.WriteEndObject();
        }

        Text(writer, "hostname"u8, spec.Hostname);
        Text(writer, "domainname"u8, spec.Domainname);
        Items(writer, "mounts"u8, spec.Mounts, WriteMount);
        WriteHooks(writer, spec.Hooks);
        Words(writer, "annotations"u8, spec.Annotations);
        WriteLinux(writer, spec.Linux);
        writer.WriteEndObject();
    }

    private static void WriteProcess(JsonText writer, Process process)
    {
        writer.WriteStartObject();
        Flag(writer, "terminal"u8, process.Terminal);
        if (process.ConsoleSize is { } size)
        {
            writer.WriteStartObject("consoleSize"u8);
            writer.WriteNumber("height"u8, size.Height);
            writer.WriteNumber("width"u8, size.Width);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("user"u8);
        writer.WriteNumber("uid"u8, process.User.Uid);
        writer.WriteNumber("gid"u8, process.User.Gid);
        Number(writer, "umask"u8, process.User.Umask);
        Items(writer, "additionalGids"u8, process.User.AdditionalGids, static (to, gid) => to.WriteNumberValue(gid));
        writer.WriteEndObject();
        Texts(writer, "args"u8, process.Args);
        Texts(writer, "env"u8, process.Env);
        writer.WriteString("cwd"u8, process.Cwd);
        if (process.Capabilities is { } capabilities)
        {
            writer.WriteStartObject("capabilities"u8);
            Texts(writer, "bounding"u8, capabilities.Bounding);
            Texts(writer, "effective"u8, capabilities.Effective);
            Texts(writer, "permitted"u8, capabilities.Permitted);
            Texts(writer, "inheritable"u8, capabilities.Inheritable);
            Texts(writer, "ambient"u8, capabilities.Ambient);
            writer.WriteEndObject();
        }

        Items(writer, "rlimits"u8, process.Rlimits, static (to, limit) =>
        {
            to.WriteStartObject();
            to.WriteString("type"u8, limit.Type);
            to.WriteNumber("hard"u8, limit.Hard);
            to.WriteNumber("soft"u8, limit.Soft);
            to.WriteEndObject();
        });
        Flag(writer, "noNewPrivileges"u8, process.NoNewPrivileges);
        Number(writer, "oomScoreAdj"u8, process.OomScoreAdj);
        Text(writer, "apparmorProfile"u8, process.ApparmorProfile);
        Text(writer, "selinuxLabel"u8, process.SelinuxLabel);
        Raw(writer, "scheduler"u8, process.Scheduler);
        Raw(writer, "ioPriority"u8, process.IoPriority);
        Raw(writer, "execCPUAffinity"u8, process.ExecCpuAffinity);
        writer.WriteEndObject();
    }

    private static void WriteMount(JsonText writer, Mount mount)
    {
        writer.WriteStartObject();
        writer.WriteString("destination"u8, mount.Destination);
        Text(writer, "type"u8, mount.Type);
        Text(writer, "source"u8, mount.Source);
        Texts(writer, "options"u8, mount.Options);
        Items(writer, "uidMappings"u8, mount.UidMappings, WriteIdMapping);
        Items(writer, "gidMappings"u8, mount.GidMappings, WriteIdMapping);
        writer.WriteEndObject();
    }

    private static void WriteIdMapping(JsonText writer, IdMapping mapping)
    {
        writer.WriteStartObject();
        writer.WriteNumber("containerID"u8, mapping.ContainerId);
        writer.WriteNumber("hostID"u8, mapping.HostId);
        writer.WriteNumber("size"u8, mapping.Size);
        writer.WriteEndObject();
    }

    private static void WriteHooks(JsonText writer, Hooks hooks)
    {
        if (hooks == Hooks.None)
        {
            return;
        }

        writer.WriteStartObject("hooks"u8);
        Items(writer, "prestart"u8, hooks.Prestart, WriteHook);
        Items(writer, "createRuntime"u8, hooks.CreateRuntime, WriteHook);
        Items(writer, "createContainer"u8, hooks.CreateContainer, WriteHook);
        Items(writer, "startContainer"u8, hooks.StartContainer, WriteHook);
        Items(writer, "poststart"u8, hooks.Poststart, WriteHook);
        Items(writer, "poststop"u8, hooks.Poststop, WriteHook);
        writer.WriteEndObject();
    }

    private static void WriteHook(JsonText writer, Hook hook)
    {
        writer.WriteStartObject();
        writer.WriteString("path"u8, hook.Path);
        Texts(writer, "args"u8, hook.Args);
        Texts(writer, "env"u8, hook.Env);
        Number(writer, "timeout"u8, hook.Timeout);
        writer.WriteEndObject();
    }

    private static void Text(JsonText writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void Flag(JsonText writer, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is true)
        {
            writer.WriteBoolean(name, true);
        }
    }

    private static void Number(JsonText writer, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    private static void Unsigned(JsonText writer, ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    private static void Raw(JsonText writer, ReadOnlySpan<byte> name, ReadOnlyMemory<byte> value)
    {
        if (!value.IsEmpty)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(value.Span);
        }
    }

    private static void Texts(JsonText writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values) =>
        Items(writer, name, values, static (to, value) => to.WriteStringValue(value));

    private static void Words(JsonText writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> values) =>
        Fields(writer, name, values, static (to, value) => to.WriteStringValue(value));

    private static void Items<T>(JsonText writer, ReadOnlySpan<byte> name, IReadOnlyList<T> items, Action<JsonText, T> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (T item in items)
        {
            write(writer, item);
        }

        writer.WriteEndArray();
    }

    private static void Fields<T>(
        JsonText writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, T> fields, Action<JsonText, T> write)
    {
        if (fields.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach ((string field, T value) in fields)
        {
            writer.WritePropertyName(field);
            write(writer, value);
        }

        writer.WriteEndObject();
    }
}
