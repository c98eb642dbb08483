using CrunSharp.Linux;

namespace CrunSharp.Engine;

/// <summary>Tries what crun-sharp needs of this host, thing by thing, as the calling user meets it.</summary>
/// <remarks>Called outside the user's namespace: native/main does not join for it.</remarks>
public static partial class Doctor
{
    private static readonly Version s_oldestForRoot = new(5, 4);
    private static readonly Version s_oldestForUsers = new(5, 11);

    /// <summary>All findings, in the order in which a container meets them. Nothing is left behind.</summary>
    public static IReadOnlyList<Finding> Examine()
    {
        bool root = Identity.EffectiveUid == 0;
        List<Finding> findings = [Kernel(TryRead("/proc/sys/kernel/osrelease"), root), .. Namespaces(root)];
        if (!root)
        {
            findings.AddRange([SubordinateIdsOfCaller(), Mapper("newuidmap"), Mapper("newgidmap"), HolderOfCaller(), RuntimeDirectoryOfCaller()]);
        }

        findings.Add(Overlay(root));
        findings.Add(Proc(TryRead("/proc/self/mountinfo"), root));
        findings.Add(ExecutableMemory(TryRead("/proc/sys/vm/memfd_noexec")));
        findings.Add(Cgroups(root));
        findings.Add(Seccomp(TryRead("/proc/self/status")));
        findings.Add(Tun());
        findings.Add(NetworkProgram());
        if (!root)
        {
            findings.Add(LowPorts(TryRead("/proc/sys/net/ipv4/ip_unprivileged_port_start")));
        }

        return findings;
    }

    internal static Finding Kernel(string release, bool root)
    {
        string number = string.Concat(release.TakeWhile(static letter => char.IsAsciiDigit(letter) || letter == '.')).Trim('.');
        Version oldest = root ? s_oldestForRoot : s_oldestForUsers;
        Finding finding = new() { Name = "kernel", Health = Health.Fine, Seen = release.Trim() };
        if (!Version.TryParse(number, out Version? version) || version >= oldest)
        {
            return finding;
        }

        return finding with
        {
            Health = root || version < s_oldestForRoot ? Health.Missing : Health.Limited,
            Costs = root || version < s_oldestForRoot ? $"nothing runs before Linux {s_oldestForRoot}" : $"ordinary users cannot mount overlays before Linux {s_oldestForUsers}",
        };
    }

    // Kernels before 6.3 do not have it: memory files can always be executed there.
    internal static Finding ExecutableMemory(string setting)
    {
        Finding finding = new() { Name = "memory files", Health = Health.Fine, Seen = setting.Length == 0 ? "vm.memfd_noexec is not there" : $"vm.memfd_noexec is {setting.Trim()}" };
        return setting.Trim() != "2" ? finding : finding with
        {
            Health = Health.Limited,
            Costs = "the program that starts containers runs from a temporary file instead of a sealed memory file",
            Mend = "sudo sysctl -w vm.memfd_noexec=1",
        };
    }

    internal static Finding Seccomp(string status)
    {
        bool there = status.Contains("\nSeccomp:", StringComparison.Ordinal);
        return new Finding
        {
            Name = "seccomp",
            Health = there ? Health.Fine : Health.Missing,
            Seen = there ? "the kernel filters calls" : "the kernel was built without it",
            Costs = there ? null : "containers may make every call: --security-opt seccomp=unconfined is needed",
        };
    }

    /// <summary>The file's text; nothing where it is not there.</summary>
    private static string TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Describe(int errno) => new LinuxException(errno, "").Reason;
}
