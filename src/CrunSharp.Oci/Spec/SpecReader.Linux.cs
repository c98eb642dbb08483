namespace CrunSharp.Oci;

public static partial class SpecReader
{
    private static LinuxSpec ReadLinux(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return LinuxSpec.None;
        }

        IReadOnlyList<LinuxNamespace> namespaces = [];
        IReadOnlyList<IdMapping> uids = [], gids = [];
        IReadOnlyDictionary<string, TimeOffset> offsets = LinuxSpec.None.TimeOffsets;
        IReadOnlyList<Device> devices = [];
        string? cgroupsPath = null, propagation = null, mountLabel = null;
        LinuxResources resources = LinuxResources.None;
        IReadOnlyDictionary<string, string> sysctl = Empty.Words;
        IReadOnlyList<string> masked = [], isReadOnly = [];
        ReadOnlyMemory<byte> seccomp = default, rdt = default, netDevices = default, memoryPolicy = default;
        Personality? personality = null;

        while (cursor.NextField())
        {
            if (cursor.Is("namespaces"u8))
            {
                namespaces = cursor.NextList(ReadNamespace);
            }
            else if (cursor.Is("seccomp"u8))
            {
                seccomp = cursor.NextRaw();
            }
            else if (cursor.Is("uidMappings"u8))
            {
                uids = cursor.NextList(ReadIdMapping);
            }
            else if (cursor.Is("gidMappings"u8))
            {
                gids = cursor.NextList(ReadIdMapping);
            }
            else if (cursor.Is("timeOffsets"u8))
            {
                offsets = cursor.NextDictionary(ReadTimeOffset);
            }
            else if (cursor.Is("devices"u8))
            {
                devices = cursor.NextList(ReadDevice);
            }
            else if (cursor.Is("cgroupsPath"u8))
            {
                cgroupsPath = cursor.NextText();
            }
            else if (cursor.Is("resources"u8))
            {
                resources = ReadResources(ref cursor);
            }
            else if (cursor.Is("sysctl"u8))
            {
                sysctl = cursor.NextWords();
            }
            else if (cursor.Is("rootfsPropagation"u8))
            {
                propagation = cursor.NextText();
            }
            else if (cursor.Is("maskedPaths"u8))
            {
                masked = cursor.NextTexts();
            }
            else if (cursor.Is("readonlyPaths"u8))
            {
                isReadOnly = cursor.NextTexts();
            }
            else if (cursor.Is("mountLabel"u8))
            {
                mountLabel = cursor.NextText();
            }
            else if (cursor.Is("personality"u8))
            {
                personality = ReadPersonality(ref cursor);
            }
            else if (cursor.Is("intelRdt"u8))
            {
                rdt = cursor.NextRaw();
            }
            else if (cursor.Is("netDevices"u8))
            {
                netDevices = cursor.NextRaw();
            }
            else if (cursor.Is("memoryPolicy"u8))
            {
                memoryPolicy = cursor.NextRaw();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new LinuxSpec
        {
            Namespaces = namespaces,
            UidMappings = uids,
            GidMappings = gids,
            TimeOffsets = offsets,
            Devices = devices,
            CgroupsPath = cgroupsPath,
            Resources = resources,
            Sysctl = sysctl,
            RootfsPropagation = propagation,
            MaskedPaths = masked,
            ReadonlyPaths = isReadOnly,
            MountLabel = mountLabel,
            Seccomp = seccomp,
            Personality = personality,
            IntelRdt = rdt,
            NetDevices = netDevices,
            MemoryPolicy = memoryPolicy,
        };
    }

    private static LinuxNamespace ReadNamespace(ref JsonCursor cursor)
    {
        NamespaceType? type = null;
        string? path = null;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("type"u8))
            {
                string? name = cursor.NextText();
                type = name switch
                {
                    "pid" => NamespaceType.Pid,
                    "network" => NamespaceType.Network,
                    "mount" => NamespaceType.Mount,
                    "ipc" => NamespaceType.Ipc,
                    "uts" => NamespaceType.Uts,
                    "user" => NamespaceType.User,
                    "cgroup" => NamespaceType.Cgroup,
                    "time" => NamespaceType.Time,
                    _ => throw cursor.Wrong($"is '{name}', which is no kind of namespace"),
                };
            }
            else if (cursor.Is("path"u8))
            {
                path = cursor.NextText();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new LinuxNamespace(type ?? throw cursor.Wrong("has no type"), path is { Length: > 0 } ? path : null);
    }

    private static TimeOffset ReadTimeOffset(ref JsonCursor cursor)
    {
        long seconds = 0;
        uint nanoseconds = 0;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("secs"u8))
            {
                seconds = cursor.NextInt64() ?? 0;
            }
            else if (cursor.Is("nanosecs"u8))
            {
                nanoseconds = cursor.NextUInt32() ?? 0;
            }
            else
            {
                cursor.Skip();
            }
        }

        return new TimeOffset(seconds, nanoseconds);
    }

    private static Device ReadDevice(ref JsonCursor cursor)
    {
        string? path = null;
        char? type = null;
        uint major = 0, minor = 0;
        uint? mode = null, uid = null, gid = null;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("path"u8))
            {
                path = cursor.NextText();
            }
            else if (cursor.Is("type"u8))
            {
                string? text = cursor.NextText();
                type = text is "c" or "u" or "b" or "p" ? text[0] : throw cursor.Wrong($"is '{text}', which is none of c, u, b and p");
            }
            else if (cursor.Is("major"u8))
            {
                major = cursor.NextUInt32() ?? 0;
            }
            else if (cursor.Is("minor"u8))
            {
                minor = cursor.NextUInt32() ?? 0;
            }
            else if (cursor.Is("fileMode"u8))
            {
                mode = cursor.NextUInt32();
            }
            else if (cursor.Is("uid"u8))
            {
                uid = cursor.NextUInt32();
            }
            else if (cursor.Is("gid"u8))
            {
                gid = cursor.NextUInt32();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new Device
        {
            Path = path ?? throw cursor.Wrong("has no path"),
            Type = type ?? throw cursor.Wrong("has no type"),
            Major = major,
            Minor = minor,
            FileMode = mode,
            Uid = uid ?? 0,
            Gid = gid ?? 0,
        };
    }

    private static Personality? ReadPersonality(ref JsonCursor cursor)
    {
        string? domain = null;
        IReadOnlyList<string> flags = [];
        if (!cursor.NextObject())
        {
            return null;
        }

        while (cursor.NextField())
        {
            if (cursor.Is("domain"u8))
            {
                domain = cursor.NextText();
            }
            else if (cursor.Is("flags"u8))
            {
                flags = cursor.NextTexts();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new Personality(domain ?? throw cursor.Wrong("has no domain"), flags);
    }
}
