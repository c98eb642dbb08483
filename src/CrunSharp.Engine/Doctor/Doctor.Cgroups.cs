namespace CrunSharp.Engine;

public static partial class Doctor
{
    private const string Hierarchy = "/sys/fs/cgroup";
    private static readonly string[] s_controllers = ["cpu", "memory", "pids"];

    private static Finding Cgroups(bool root)
    {
        if (File.Exists($"{Hierarchy}/cgroup.controllers"))
        {
            return root ? Version2OfRoot(TryRead($"{Hierarchy}/cgroup.controllers")) : Version2OfUser(TryRead("/proc/self/cgroup"), Hierarchy);
        }

        return Version1(s_controllers.Where(static name => Directory.Exists($"{Hierarchy}/{name}")).ToArray(), root);
    }

    internal static Finding Version1(string[] there, bool root)
    {
        Finding finding = new() { Name = "cgroups", Health = Health.Fine, Seen = there.Length == 0 ? "none is mounted" : $"version 1: {string.Join(", ", there)}" };
        if (there.Length == 0)
        {
            return finding with { Health = Health.Limited, Costs = "no limits, no pause, no figures", Mend = $"sudo mount -t cgroup2 none {Hierarchy}" };
        }

        return root ? finding : finding with
        {
            Health = Health.Limited,
            Costs = "no limits, no pause, no figures for ordinary users: version 1 is not theirs",
            Mend = "boot with version 2: systemd.unified_cgroup_hierarchy=1 on the kernel's command line",
        };
    }

    private static Finding Version2OfRoot(string controllers)
    {
        string[] missing = [.. s_controllers.Except(controllers.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))];
        Finding finding = new() { Name = "cgroups", Health = Health.Fine, Seen = $"version 2: {controllers.Trim()}" };
        return missing.Length == 0 ? finding : finding with { Health = Health.Limited, Costs = $"no limits of {string.Join(", ", missing)}" };
    }

    /// <summary>An ordinary user has the controllers that systemd has delegated to the user's own slice.</summary>
    internal static Finding Version2OfUser(string ownCgroup, string hierarchy)
    {
        Finding finding = new()
        {
            Name = "cgroups",
            Health = Health.Limited,
            Seen = "version 2, none is yours",
            Costs = "no limits, no pause, no figures",
            Mend = "log in through systemd: sudo loginctl enable-linger $USER, then a new session",
        };

        // '0::/user.slice/user-1000.slice/user@1000.service/app.slice/...': what is delegated is the service's.
        string? path = ownCgroup.Split('\n').FirstOrDefault(static line => line.StartsWith("0::/", StringComparison.Ordinal))?[3..];
        int service = path?.IndexOf("/user@", StringComparison.Ordinal) ?? -1;
        if (path is null || service < 0)
        {
            return finding;
        }

        int end = path.IndexOf('/', service + 1);
        string delegated = end < 0 ? path : path[..end];
        string[] given = TryRead($"{hierarchy}{delegated}/cgroup.controllers").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        string[] missing = [.. s_controllers.Except(given)];
        return missing.Length == 0
            ? finding with { Health = Health.Fine, Seen = $"version 2, delegated: {string.Join(' ', given)}", Costs = null, Mend = null }
            : finding with
            {
                Seen = $"version 2, delegated: {string.Join(' ', given)}",
                Costs = $"no limits of {string.Join(", ", missing)}",
                Mend = "sudo systemctl set-property user@$UID.service Delegate=\"cpu cpuset io memory pids\"",
            };
    }
}
