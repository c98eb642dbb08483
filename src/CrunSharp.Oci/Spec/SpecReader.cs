namespace CrunSharp.Oci;

/// <summary>Reads config.json and the pieces of it that callers hand over apart.</summary>
/// <remarks>Written by hand: a serializer's first object costs more than the whole launch may.</remarks>
public static partial class SpecReader
{
    /// <exception cref="CrunException">No JSON, or a field of another kind; the reason gives its path.</exception>
    public static Spec Read(ReadOnlySpan<byte> json) => JsonCursor.Read("config.json", json, ReadSpec);

    /// <summary>Reads <c>linux.resources</c>, as <c>update --resources</c> takes it.</summary>
    /// <exception cref="CrunException">No JSON, or a field of another kind; the reason gives its path.</exception>
    public static LinuxResources ReadResources(ReadOnlySpan<byte> json) => JsonCursor.Read("the resources", json, ReadResources);

    private static Spec ReadSpec(ref JsonCursor cursor)
    {
        string? version = null, hostname = null, domainname = null;
        Process? process = null;
        Root? root = null;
        IReadOnlyList<Mount> mounts = [];
        Hooks hooks = Hooks.None;
        IReadOnlyDictionary<string, string> annotations = Empty.Words;
        LinuxSpec linux = LinuxSpec.None;

        if (!cursor.NextObject())
        {
            throw cursor.Wrong("is not an object");
        }

        while (cursor.NextField())
        {
            if (cursor.Is("ociVersion"u8))
            {
                version = cursor.NextText();
                if (version is not null && !version.StartsWith("1.", StringComparison.Ordinal))
                {
                    throw cursor.Wrong($"is '{version}', which is not a version 1 of the runtime specification");
                }
            }
            else if (cursor.Is("process"u8))
            {
                process = ReadProcess(ref cursor);
            }
            else if (cursor.Is("root"u8))
            {
                root = ReadRoot(ref cursor);
            }
            else if (cursor.Is("hostname"u8))
            {
                hostname = cursor.NextText();
            }
            else if (cursor.Is("domainname"u8))
            {
                domainname = cursor.NextText();
            }
            else if (cursor.Is("mounts"u8))
            {
                mounts = cursor.NextList(ReadMount);
            }
            else if (cursor.Is("hooks"u8))
            {
                hooks = ReadHooks(ref cursor);
            }
            else if (cursor.Is("annotations"u8))
            {
                annotations = cursor.NextWords();
            }
            else if (cursor.Is("linux"u8))
            {
                linux = ReadLinux(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }

        return new Spec
        {
            OciVersion = version ?? throw cursor.Wrong("has no ociVersion"),
            Process = process,
            Root = root,
            Hostname = hostname,
            Domainname = domainname,
            Mounts = mounts,
            Hooks = hooks,
            Annotations = annotations,
            Linux = linux,
        };
    }

    private static Root? ReadRoot(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return null;
        }

        string? path = null;
        bool isReadOnly = false;
        while (cursor.NextField())
        {
            if (cursor.Is("path"u8))
            {
                path = cursor.NextText();
            }
            else if (cursor.Is("readonly"u8))
            {
                isReadOnly = cursor.NextFlag() ?? false;
            }
            else
            {
                cursor.Skip();
            }
        }

        return new Root { Path = path ?? throw cursor.Wrong("has no path"), Readonly = isReadOnly };
    }

    private static Mount ReadMount(ref JsonCursor cursor)
    {
        string? destination = null, type = null, source = null;
        IReadOnlyList<string> options = [];
        IReadOnlyList<IdMapping> uids = [], gids = [];

        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("destination"u8))
            {
                destination = cursor.NextText();
            }
            else if (cursor.Is("type"u8))
            {
                type = cursor.NextText();
            }
            else if (cursor.Is("source"u8))
            {
                source = cursor.NextText();
            }
            else if (cursor.Is("options"u8))
            {
                options = cursor.NextTexts();
            }
            else if (cursor.Is("uidMappings"u8))
            {
                uids = cursor.NextList(ReadIdMapping);
            }
            else if (cursor.Is("gidMappings"u8))
            {
                gids = cursor.NextList(ReadIdMapping);
            }
            else
            {
                cursor.Skip();
            }
        }

        return new Mount
        {
            Destination = destination ?? throw cursor.Wrong("has no destination"),
            Type = type,
            Source = source,
            Options = options,
            UidMappings = uids,
            GidMappings = gids,
        };
    }

    private static IdMapping ReadIdMapping(ref JsonCursor cursor)
    {
        uint container = 0, host = 0, size = 0;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("containerID"u8))
            {
                container = cursor.NextUInt32() ?? 0;
            }
            else if (cursor.Is("hostID"u8))
            {
                host = cursor.NextUInt32() ?? 0;
            }
            else if (cursor.Is("size"u8))
            {
                size = cursor.NextUInt32() ?? 0;
            }
            else
            {
                cursor.Skip();
            }
        }

        return new IdMapping(container, host, size);
    }

    private static Hooks ReadHooks(ref JsonCursor cursor)
    {
        Hooks hooks = Hooks.None;
        if (!cursor.NextObject())
        {
            return hooks;
        }

        while (cursor.NextField())
        {
            if (cursor.Is("prestart"u8))
            {
                hooks = hooks with { Prestart = cursor.NextList(ReadHook) };
            }
            else if (cursor.Is("createRuntime"u8))
            {
                hooks = hooks with { CreateRuntime = cursor.NextList(ReadHook) };
            }
            else if (cursor.Is("createContainer"u8))
            {
                hooks = hooks with { CreateContainer = cursor.NextList(ReadHook) };
            }
            else if (cursor.Is("startContainer"u8))
            {
                hooks = hooks with { StartContainer = cursor.NextList(ReadHook) };
            }
            else if (cursor.Is("poststart"u8))
            {
                hooks = hooks with { Poststart = cursor.NextList(ReadHook) };
            }
            else if (cursor.Is("poststop"u8))
            {
                hooks = hooks with { Poststop = cursor.NextList(ReadHook) };
            }
            else
            {
                cursor.Skip();
            }
        }

        return hooks;
    }

    private static Hook ReadHook(ref JsonCursor cursor)
    {
        string? path = null;
        IReadOnlyList<string> args = [], env = [];
        int? timeout = null;

        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("path"u8))
            {
                path = cursor.NextText();
            }
            else if (cursor.Is("args"u8))
            {
                args = cursor.NextTexts();
            }
            else if (cursor.Is("env"u8))
            {
                env = cursor.NextTexts();
            }
            else if (cursor.Is("timeout"u8))
            {
                timeout = cursor.NextInt32();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new Hook { Path = path ?? throw cursor.Wrong("has no path"), Args = args, Env = env, Timeout = timeout };
    }

    private static void Enter(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            throw cursor.Wrong("is not an object");
        }
    }
}
