namespace CrunSharp.Testing;

public static partial class Host
{
    public static Need Root { get; } = new("root", () =>
        Environment.IsPrivilegedProcess ? null : "the test changes the host's own namespaces or cgroups; start it with sudo");

    public static Need OrdinaryUser { get; } = new("user", () =>
        Environment.IsPrivilegedProcess ? "the test is about users without privilege; start it as one" : null);

    public static Need UserNamespaces { get; } = new("userns", () =>
        Attempt("unshare", "--user", "--map-root-user", "true") is { } error
            ? $"{error}; raise user.max_user_namespaces, and set kernel.unprivileged_userns_clone to 1 where it exists (sysctl -w)"
            : null);

    public static Need SubordinateIds { get; } = new("subids", () =>
        Attempt("unshare", "--user", "--map-auto", "--map-root-user", "true") is { } error
            ? $"{error}; apt-get install uidmap, then usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {Environment.UserName}"
            : null);

    public static Need NoSubordinateIds { get; } = new("oneid", () =>
        SubordinateIds.Missing() is null ? "this user has subordinate ids; start it as a user that has none in /etc/subuid" : null);

    /// <summary>Overlay mounts: in a user namespace for an ordinary user.</summary>
    public static Need Overlay { get; } = new("overlay", () =>
    {
        // On a tmpfs of its own: the directory that tests run in may itself be an overlay, which cannot be an upper one.
        string script = "mount -t tmpfs none /tmp && cd /tmp && mkdir l u w m && mount -t overlay -o " +
            (Environment.IsPrivilegedProcess ? "" : "userxattr,") + "lowerdir=l,upperdir=u,workdir=w none m";
        string[] userNamespace = Environment.IsPrivilegedProcess ? [] : ["--user", "--map-root-user"];
        return Attempt("unshare", [.. userNamespace, "--mount", "sh", "-c", script]) is { } error
            ? $"{error}; modprobe overlay, kernel 5.11 or newer for ordinary users"
            : null;
    });

    /// <summary>Version 1 hierarchies in which this process may make a cgroup.</summary>
    public static Need Cgroup1 { get; } = new("cgroup1", () => TryCgroup("/sys/fs/cgroup/pids", "pids.max"));

    /// <summary>A pure version 2 hierarchy with the memory and pids controllers, in which this process may make a cgroup.</summary>
    public static Need Cgroup2 { get; } = new("cgroup2", () =>
        File.Exists("/sys/fs/cgroup/cgroup.controllers")
            ? TryCgroup("/sys/fs/cgroup", "memory.max")
            : "the host mounts cgroup v1 or none at /sys/fs/cgroup; tools/uml-run boots a kernel with v2");

    /// <summary>systemd as the first process, with version 2 of cgroups.</summary>
    public static Need Systemd { get; } = new("systemd", () =>
        Directory.Exists("/run/systemd/system") && File.Exists("/sys/fs/cgroup/cgroup.controllers")
            ? null
            : "systemd does not run here, or with cgroup v1; tools/uml-run -s boots a machine with it");

    /// <summary>The user of tools/uml-init-systemd.</summary>
    public static Need SystemdUser { get; } = new("systemd-user", () =>
        File.ReadLines("/etc/passwd").Any(static line => line.StartsWith("crs:x:1500:", StringComparison.Ordinal)) ? null : "the user 'crs' exists in tools/uml-run -s only");

    public static Need Tun { get; } = new("tun", () =>
    {
        try
        {
            File.Open("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite).Dispose();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{exception.Message}; chmod 0666 /dev/net/tun";
        }
    });

    /// <summary>A private network's helper: slirp4netns or pasta.</summary>
    public static Need NetworkHelper { get; } = new("nethelper", () =>
        FindCommand("slirp4netns") is null && FindCommand("pasta") is null ? "apt-get install slirp4netns" : null);

    public static Need PublishedBinaries { get; } = new("published", () =>
        File.Exists(Published("crun-sharp")) && File.Exists(Published("crun-sharp-oci")) ? null : "make publish");

    public static Need Images { get; } = new("images", () =>
        Directory.Exists(Path.Combine(Checkout, "out", "images", "busybox")) ? null : "make images");

    /// <summary>A command, found in PATH or where administrators' commands are.</summary>
    public static Need Command(string name, string? package = null) => new(name, () =>
        FindCommand(name) is null ? $"'{name}' is not installed; apt-get install {package ?? name}" : null);

    /// <summary>Where a command is; null when it is nowhere.</summary>
    public static string? FindCommand(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/local/sbin", "/usr/sbin", "/sbin"])
            .Where(directory => directory.Length > 0)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);

    private static string? Attempt(string program, params string[] arguments)
    {
        CommandResult result = Testing.Command.Run(program, arguments);
        return result.ExitCode == 0 ? null : $"'{program} {string.Join(' ', arguments)}' failed: {result.Error.Trim()}";
    }

    private static string? TryCgroup(string hierarchy, string file)
    {
        // Where version 2 is mounted, making a directory for the hierarchy would make a cgroup of that name.
        if (!Directory.Exists(hierarchy))
        {
            return $"nothing is mounted at '{hierarchy}'";
        }

        string directory = Path.Combine(hierarchy, $"crun-sharp-try-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(directory);
            return File.Exists(Path.Combine(directory, file)) ? null : $"'{directory}' has no {file}; enable its controller in cgroup.subtree_control";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{exception.Message}; start it as root, or where systemd delegates cgroups";
        }
        finally
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory);
            }
        }
    }
}
