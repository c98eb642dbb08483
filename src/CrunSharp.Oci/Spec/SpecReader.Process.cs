namespace CrunSharp.Oci;

public static partial class SpecReader
{
    internal static Process? ReadProcess(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return null;
        }

        bool terminal = false, noNewPrivileges = false;
        ConsoleSize? size = null;
        User user = User.Root;
        IReadOnlyList<string> args = [], env = [];
        IReadOnlyList<Rlimit> rlimits = [];
        string? cwd = null, apparmor = null, selinux = null;
        CapabilitySets? capabilities = null;
        int? oomScore = null;
        ReadOnlyMemory<byte> scheduler = default, ioPriority = default, affinity = default;

        while (cursor.NextField())
        {
            if (cursor.Is("terminal"u8))
            {
                terminal = cursor.NextFlag() ?? false;
            }
            else if (cursor.Is("consoleSize"u8))
            {
                size = ReadConsoleSize(ref cursor);
            }
            else if (cursor.Is("user"u8))
            {
                user = ReadUser(ref cursor);
            }
            else if (cursor.Is("args"u8))
            {
                args = cursor.NextTexts();
            }
            else if (cursor.Is("env"u8))
            {
                env = cursor.NextTexts();
            }
            else if (cursor.Is("cwd"u8))
            {
                cwd = cursor.NextText();
            }
            else if (cursor.Is("capabilities"u8))
            {
                capabilities = ReadCapabilities(ref cursor);
            }
            else if (cursor.Is("rlimits"u8))
            {
                rlimits = cursor.NextList(ReadRlimit);
            }
            else if (cursor.Is("noNewPrivileges"u8))
            {
                noNewPrivileges = cursor.NextFlag() ?? false;
            }
            else if (cursor.Is("oomScoreAdj"u8))
            {
                oomScore = cursor.NextInt32();
            }
            else if (cursor.Is("apparmorProfile"u8))
            {
                apparmor = cursor.NextText();
            }
            else if (cursor.Is("selinuxLabel"u8))
            {
                selinux = cursor.NextText();
            }
            else if (cursor.Is("scheduler"u8))
            {
                scheduler = cursor.NextRaw();
            }
            else if (cursor.Is("ioPriority"u8))
            {
                ioPriority = cursor.NextRaw();
            }
            else if (cursor.Is("execCPUAffinity"u8))
            {
                affinity = cursor.NextRaw();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new Process
        {
            Terminal = terminal,
            ConsoleSize = size,
            User = user,
            Args = args,
            Env = env,
            Cwd = cwd ?? throw cursor.Wrong("has no cwd"),
            Capabilities = capabilities,
            Rlimits = rlimits,
            NoNewPrivileges = noNewPrivileges,
            OomScoreAdj = oomScore,
            ApparmorProfile = apparmor,
            SelinuxLabel = selinux,
            Scheduler = scheduler,
            IoPriority = ioPriority,
            ExecCpuAffinity = affinity,
        };
    }

    private static ConsoleSize? ReadConsoleSize(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return null;
        }

        uint height = 0, width = 0;
        while (cursor.NextField())
        {
            if (cursor.Is("height"u8))
            {
                height = cursor.NextUInt32() ?? 0;
            }
            else if (cursor.Is("width"u8))
            {
                width = cursor.NextUInt32() ?? 0;
            }
            else
            {
                cursor.Skip();
            }
        }

        return new ConsoleSize(height, width);
    }

    private static User ReadUser(ref JsonCursor cursor)
    {
        uint uid = 0, gid = 0;
        uint? umask = null;
        IReadOnlyList<uint> additional = [];
        if (!cursor.NextObject())
        {
            return User.Root;
        }

        while (cursor.NextField())
        {
            if (cursor.Is("uid"u8))
            {
                uid = cursor.NextUInt32() ?? 0;
            }
            else if (cursor.Is("gid"u8))
            {
                gid = cursor.NextUInt32() ?? 0;
            }
            else if (cursor.Is("umask"u8))
            {
                umask = cursor.NextUInt32();
            }
            else if (cursor.Is("additionalGids"u8))
            {
                additional = cursor.NextList(static (ref JsonCursor item) => item.NextUInt32() ?? throw item.Wrong("is not a number"));
            }
            else
            {
                cursor.Skip();
            }
        }

        return new User { Uid = uid, Gid = gid, Umask = umask, AdditionalGids = additional };
    }

    private static CapabilitySets? ReadCapabilities(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return null;
        }

        IReadOnlyList<string> bounding = [], effective = [], permitted = [], inheritable = [], ambient = [];
        while (cursor.NextField())
        {
            if (cursor.Is("bounding"u8))
            {
                bounding = cursor.NextTexts();
            }
            else if (cursor.Is("effective"u8))
            {
                effective = cursor.NextTexts();
            }
            else if (cursor.Is("permitted"u8))
            {
                permitted = cursor.NextTexts();
            }
            else if (cursor.Is("inheritable"u8))
            {
                inheritable = cursor.NextTexts();
            }
            else if (cursor.Is("ambient"u8))
            {
                ambient = cursor.NextTexts();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new CapabilitySets
        {
            Bounding = bounding,
            Effective = effective,
            Permitted = permitted,
            Inheritable = inheritable,
            Ambient = ambient,
        };
    }

    private static Rlimit ReadRlimit(ref JsonCursor cursor)
    {
        string? type = null;
        ulong soft = 0, hard = 0;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("type"u8))
            {
                type = cursor.NextText();
            }
            else if (cursor.Is("soft"u8))
            {
                soft = cursor.NextUInt64() ?? 0;
            }
            else if (cursor.Is("hard"u8))
            {
                hard = cursor.NextUInt64() ?? 0;
            }
            else
            {
                cursor.Skip();
            }
        }

        return new Rlimit(type ?? throw cursor.Wrong("has no type"), soft, hard);
    }
}
