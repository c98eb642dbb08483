using System.Text.Json;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>Refusals that are prepared, each by one layer or by several, and failures that are nobody's fault.</summary>
[Trait("uml", "no")] // Its ptrace tells of calls in the old way only, which was not tried yet.
public sealed class WhyTests : IAsyncDisposable
{
    private const string Unconfined = "--security-opt=seccomp=unconfined";
    private const string NoNewPrivileges = "--security-opt=no-new-privileges";

    private readonly Installation _own;

    public WhyTests(TestImages images)
    {
        Host.Requires(TestEngine.HasPayload);
        _own = new Installation(images);
    }

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    /// <summary>The layer and the beginning of its detail, then options, image, command.</summary>
    public static TheoryData<string, string, string[]> Anybody => new()
    {
        // The filter: docker's, one of the user's, an answer of its own, an end instead of an answer.
        { "seccomp", "the container's filter refuses mount", ["alpine", "/payload", "call", "mount", "s:x", "s:/mnt", "s:tmpfs", "0"] },
        { "seccomp", "the container's filter refuses unshare", ["alpine", "/payload", "call", "unshare", "0x20000"] },
        { "seccomp", "the container's filter refuses mkdir", ["{deny}", "alpine", "mkdir", "/made"] },
        { "seccomp", "the container's filter refuses reboot", ["{deny}", "alpine", "/payload", "call", "reboot", "0"] },
        { "seccomp", "the container's filter refuses syslog", ["{deny}", "alpine", "/payload", "call", "syslog", "3", "0", "0"] },
        { "seccomp", "the container's filter refuses chroot", ["--cap-drop=SYS_CHROOT", "alpine", "/payload", "call", "chroot", "s:/"] },

        // Capabilities, with the filter out of the way or with nothing to say.
        { "capability", "CAP_SYS_ADMIN", [Unconfined, "alpine", "/payload", "call", "mount", "s:x", "s:/mnt", "s:tmpfs", "0"] },
        { "capability", "CAP_SYS_ADMIN", [Unconfined, "alpine", "/payload", "call", "unshare", "0x20000"] },
        { "capability", "CAP_SYS_ADMIN", [Unconfined, "alpine", "/payload", "call", "sethostname", "s:name", "4"] },
        { "capability", "CAP_SYS_CHROOT", [Unconfined, "--cap-drop=SYS_CHROOT", "alpine", "/payload", "call", "chroot", "s:/"] },
        { "capability", "CAP_NET_RAW", ["--cap-drop=NET_RAW", "alpine", "/payload", "call", "socket", "2", "3", "1"] },
        { "capability", "CAP_NET_RAW", ["--cap-drop=ALL", "alpine", "/payload", "call", "socket", "17", "3", "0"] },
        { "capability", "CAP_NET_BIND_SERVICE", ["--cap-drop=ALL", "--sysctl=net.ipv4.ip_unprivileged_port_start=1024", "alpine", "/payload", "call", "bind", "0", "p:80", "16"] },
        { "capability", "CAP_NET_ADMIN", ["alpine", "ip", "link", "set", "lo", "down"] },
        { "capability", "CAP_NET_ADMIN", ["alpine", "ip", "addr", "add", "192.0.2.1/24", "dev", "lo"] },
        { "capability", "CAP_DAC_OVERRIDE", ["--cap-drop=DAC_OVERRIDE", "alpine", "sh", "-c", "mkdir /own; chmod 0 /own; touch /own/x"] },

        // Mounts that are read-only: the root, a volume, what protects the kernel's settings.
        { "read-only mount", "the container's root", ["--read-only", "alpine", "touch", "/x"] },
        { "read-only mount", "the container's root", ["--read-only", "--cap-add=ALL", "alpine", "/payload", "call", "fchmodat", "-100", "s:/etc/passwd", "0"] },
        { "read-only mount", "/payload", ["alpine", "sh", "-c", "echo x > /payload"] },
        { "read-only mount", "/shared", ["-v={shared}:/shared:ro", "alpine", "mkdir", "/shared/x"] },
        { "read-only mount", "/proc/sys", ["alpine", "sh", "-c", "echo 1 > /proc/sys/kernel/panic"] },

        { "masked path", "/sys/firmware", ["alpine", "touch", "/sys/firmware/x"] },
        { "masked path", "/sys/firmware", ["alpine", "cat", "/sys/firmware/memmap"] },
        { "masked path", "/etc/group", ["--security-opt=mask=/etc/group", "alpine", "sh", "-c", "grep root /etc/group"] },
        { "missing device", "{device}", ["alpine", "cat", "{device}"] },
        { "missing device", "{device}", ["--cap-add=ALL", Unconfined, "alpine", "dd", "if={device}", "of=/dev/null", "count=0"] },

        { "resource limit", "RLIMIT_NOFILE", ["--ulimit=nofile=32", "alpine", "/payload", "spend", "files"] },
        { "resource limit", "RLIMIT_FSIZE", ["--ulimit=fsize=100000", "alpine", "/payload", "spend", "/file"] },
        { "resource limit", "RLIMIT_AS", ["--ulimit=as=200000000", "alpine", "/payload", "spend", "addresses"] },
        { "resource limit", "RLIMIT_MEMLOCK", ["--ulimit=memlock=65536", "alpine", "/payload", "call", "mlock", "0x400000", "1000000"] },

        { "mount option", "noexec", ["--tmpfs=/t:noexec", "alpine", "sh", "-c", "cp /bin/busybox /t/true; /t/true"] },
        { "mount option", "noexec", ["--tmpfs=/t:noexec", "-v={payload}:/t/program:ro,noexec", "alpine", "/t/program", "exit"] },
        { "mount option", "the tmpfs at /t is full", ["--tmpfs=/t:size=1m", "alpine", "/payload", "spend", "/t/file"] },
        { "mount option", "the tmpfs at /dev/shm is full", ["--shm-size=1m", "alpine", "/payload", "spend", "/dev/shm/file"] },

        // No call fails: the filter of signals, and an end by the kernel.
        { "pid namespace", "process 1 takes no signal", ["alpine", "sh", "-c", "kill -9 1; exit 3"] },
        { "resource limit", "RLIMIT_CPU", ["--ulimit=cpu=1", "alpine", "sh", "-c", "while :; do :; done"] },

        { "LSM", "landlock", ["alpine", "/payload", "spend", "landlock"] },
        { "network namespace", "the container's network", ["alpine", "wget", "-O-", "http://192.0.2.1/"] },

        // Two layers at once: the one that the kernel asks first refused.
        { "seccomp", "the container's filter refuses mount", ["--read-only", "--cap-drop=ALL", "alpine", "/payload", "call", "mount", "s:x", "s:/mnt", "s:tmpfs", "0"] },
        { "read-only mount", "the container's root", ["--read-only", "--cap-drop=ALL", Unconfined, "alpine", "/payload", "call", "mkdirat", "-100", "s:/x", "0755"] },
        { "capability", "CAP_NET_RAW", ["--cap-drop=NET_RAW", "--read-only", NoNewPrivileges, "alpine", "/payload", "call", "socket", "2", "3", "1"] },
    };

    public static TheoryData<string, string, string[]> Rootful => new()
    {
        { "capability", "CAP_SYS_TIME", [Unconfined, "alpine", "date", "-s", "2020-01-01"] },
        { "capability", "CAP_SYS_BOOT", [Unconfined, "alpine", "/payload", "call", "reboot", "0xfee1dead", "672274793", "0"] },
        { "capability", "CAP_SYS_NICE", ["alpine", "/payload", "call", "setpriority", "0", "0", "-5"] },
        { "capability", "CAP_MKNOD", ["--cap-drop=MKNOD", "alpine", "mknod", "/node", "c", "1", "3"] },
        { "capability", "CAP_SETUID", ["--cap-drop=SETUID", "alpine", "/payload", "call", "setresuid", "5", "5", "5"] },
        { "capability", "CAP_SETGID", ["--cap-drop=SETGID", "alpine", "/payload", "call", "setresgid", "5", "5", "5"] },
        { "capability", "CAP_CHOWN", ["--cap-drop=CHOWN", "alpine", "/payload", "call", "fchownat", "-100", "s:/etc/passwd", "5", "5", "0"] },
        { "capability", "CAP_FOWNER", ["--cap-drop=FOWNER", "alpine", "sh", "-c", "chown 5 /etc/passwd && chmod 600 /etc/passwd"] },
        { "capability", "CAP_DAC_OVERRIDE", ["--cap-drop=DAC_OVERRIDE", "alpine", "sh", "-c", "chown 5 /etc/passwd; chmod 600 /etc/passwd; cat /etc/passwd"] },
        { "cgroup", "the device rules refuse c 10:200", ["alpine", "sh", "-c", "mknod /node c 10 200 && cat /node"] },
        { "cgroup", "the device rules refuse b 7:0", ["--cap-add=SYS_ADMIN", "alpine", "sh", "-c", "mknod /node b 7 0 && cat /node"] },
        { "cgroup", "pids.max is 5", ["--pids-limit=5", "alpine", "/payload", "spend", "processes"] },
        { "cgroup", "memory.max is 33554432", ["--memory=32m", "alpine", "/payload", "spend", "memory"] },
        { "mount option", "nodev", ["--tmpfs=/t:nodev", "alpine", "sh", "-c", "mknod /t/node c 1 3; cat /t/node"] },
        { "capability", "CAP_NET_RAW", ["--cap-drop=NET_RAW", "-v={capable}:/capable:ro", "alpine", "/capable", "exit", "0"] },
        { "no_new_privs", "no_new_privs is set", [NoNewPrivileges, "alpine", "sh", "-c", "cp /payload /suid; chmod 4755 /suid; exec su -s /suid nobody exit 3"] },
        { "kernel setting", "net.ipv4.ping_group_range", ["--cap-drop=ALL", "--sysctl=net.ipv4.ping_group_range=1 0", "alpine", "/payload", "call", "socket", "2", "2", "1"] },
        { "no_new_privs", "no_new_privs is set", [NoNewPrivileges, "alpine", "sh", "-c", "cp /payload /suid; chmod 4755 /suid; touch /secret; chmod 600 /secret; exec su -s /suid nobody cat /secret"] },
    };

    public static TheoryData<string, string, string[]> Rootless => new()
    {
        { "id map", "the file's owner has no number", ["-v={foreign}:/foreign:ro", "alpine", "cat", "/foreign"] },
        { "id map", "CAP_SYS_TIME", [Unconfined, "--cap-add=SYS_TIME", "alpine", "date", "-s", "2020-01-01"] },
        { "id map", "CAP_MKNOD", ["alpine", "mknod", "/node", "c", "1", "3"] },
        { "id map", "CAP_SYS_NICE", ["alpine", "ionice", "-c1", "true"] },
        { "id map", "CAP_SYS_RESOURCE", ["alpine", "sh", "-c", "echo -1000 > /proc/self/oom_score_adj"] },
        { "id map", "CAP_SYS_NICE", ["alpine", "/payload", "call", "setpriority", "0", "0", "-5"] },
        { "id map", "the container has no uid 70000", ["alpine", "/payload", "call", "setresuid", "70000", "70000", "70000"] },
        { "id map", "the container has no uid 70000", ["alpine", "chown", "70000", "/etc/passwd"] },
        { "id map", "file systems of type 'ext4'", [Unconfined, "--cap-add=SYS_ADMIN", "alpine", "mount", "-t", "ext4", "/dev/null", "/mnt"] },
    };

    /// <summary>Failures that the isolation has no part in.</summary>
    public static TheoryData<string[]> Nobody => new()
    {
        { ["alpine", "cat", "/nothing"] },
        { ["alpine", "false"] },
        { ["alpine", "true"] },
        { ["alpine", "mkdir", "/etc"] },
        { ["alpine", "sh", "-c", "echo x > /file; chmod 0 /file; /file"] },
        { ["--cap-add=ALL", "alpine", "/nothing/at/all"] },
        { ["alpine", "sh", "-c", "sh -c 'kill -9 $$'; exit 3"] },
        { ["alpine", "ls", "/", "/nothing"] },
        { ["alpine", "dd", "if=/dev/zero", "of=/dev/full", "count=1"] },
        { ["alpine", "cat", "/dev/tty"] },
    };

    [Theory]
    [MemberData(nameof(Anybody))]
    public void Why_OfAPreparedRefusal_NamesItsLayer(string layer, string detail, string[] arguments) => Judged(layer, detail, arguments);

    [Theory]
    [MemberData(nameof(Rootful))]
    public void Why_OfARefusalForRootOnly_NamesItsLayer(string layer, string detail, string[] arguments)
    {
        Host.Requires(Host.Root);
        Judged(layer, detail, arguments);
    }

    [Theory]
    [MemberData(nameof(Rootless))]
    public void Why_OfARefusalByTheUserNamespace_NamesTheIdMap(string layer, string detail, string[] arguments)
    {
        Host.Requires(Host.OrdinaryUser);
        Judged(layer, detail, arguments);
    }

    [Theory]
    [MemberData(nameof(Nobody))]
    public void Why_OfAnOrdinaryFailure_AccusesNobody(string[] arguments)
    {
        using JsonDocument report = Why(arguments);
        Assert.Empty(Refused(report).Select(static refusal => refusal.ToString()));
    }

    [Fact]
    public void Why_ByAUserWhomModesRefuse_SaysThatItIsTheMode()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Host.Requires(Host.SubordinateIds);
        }

        using JsonDocument report = Why(["--user=1000", "alpine", "touch", "/x"]);
        Assert.Empty(Refused(report));
        Assert.Equal("file permission", report.RootElement.GetProperty("ordinary")[0].GetProperty("layer").GetString());
    }

    [Fact]
    public void Why_WhereAProbeIsRefusedAndAnotherCallEndsIt_PutsTheOneThatMatteredFirst()
    {
        using JsonDocument report = Why(["--read-only", "alpine", "sh", "-c", "/payload call mount s:x s:/mnt s:tmpfs 0 2>/dev/null || true; touch /x"]);
        Assert.Equal("read-only mount", Refused(report)[0].GetProperty("layer").GetString());
        Assert.Contains(Refused(report), static refusal => refusal.GetProperty("layer").GetString() == "seccomp");
    }

    [Fact]
    public void Why_GivesTheProgramsOutputAndExitCode()
    {
        CommandResult result = _own.Run("why", "--network", "none", "alpine", "sh", "-c", "echo out; exit 7");
        Assert.Equal(7, result.ExitCode);
        Assert.StartsWith("out\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("the program ended with 7; the isolation refused nothing", result.Output, StringComparison.Ordinal);
        Assert.All(result.Output.Split('\n'), static line => Assert.InRange(line.Length, 0, 80));
    }

    /// <summary>What it suggests first, then options, image and command.</summary>
    public static TheoryData<string, string[]> Suggested => new()
    {
        { "--cap-add SYS_CHROOT", [Unconfined, "--cap-drop=ALL", "alpine", "/payload", "call", "chroot", "s:/"] },
        { "--cap-add SYS_CHROOT", ["--cap-drop=ALL", "alpine", "/payload", "call", "chroot", "s:/"] },
        { "--cap-add SYS_ADMIN", ["alpine", "/payload", "call", "sethostname", "s:name", "4"] },
        { "--cap-add NET_ADMIN", ["alpine", "ip", "link", "set", "lo", "mtu", "1000"] },
        { "--tmpfs /etc", ["--read-only", "alpine", "mkdir", "/etc/x"] },
        { "--cap-add DAC_OVERRIDE", ["--cap-drop=ALL", "alpine", "sh", "-c", "mkdir /own; chmod 0 /own; mkdir /own/x"] },
        { "--sysctl net.ipv4.ip_unprivileged_port_start=80", ["--cap-drop=ALL", "--sysctl=net.ipv4.ip_unprivileged_port_start=1024", "alpine", "/payload", "call", "bind", "0", "p:80", "16"] },
    };

    [Theory]
    [MemberData(nameof(Suggested))]
    public void Why_WhatItSuggestsFirst_LetsTheCallThrough(string option, string[] arguments)
    {
        using JsonDocument refused = Why(arguments);
        string suggested = Refused(refused)[0].GetProperty("allow")[0].GetString()!;
        Assert.StartsWith(option, suggested, StringComparison.Ordinal);
        int image = Array.IndexOf(arguments, "alpine");
        using JsonDocument allowed = Why([.. arguments[..image], .. option.Split(' '), .. arguments[image..]]);
        Assert.Equal(0, allowed.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Empty(Refused(allowed));
    }

    [Fact]
    public void Why_WhereTheFilterAndACapabilityRefuse_SuggestsBoth()
    {
        Host.Requires(Host.Root);
        using JsonDocument report = Why(["alpine", "swapon", "/dev/null"]);
        Assert.EndsWith("'swapon' allowed; and --cap-add SYS_ADMIN", Refused(report)[0].GetProperty("allow")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Why_WhereTheUserNamespaceWouldRefuseNext_SuggestsNoCapability()
    {
        Host.Requires(Host.OrdinaryUser);
        using JsonDocument report = Why(["alpine", "date", "-s", "2020-01-01"]);
        Assert.All(Refused(report)[0].GetProperty("allow").EnumerateArray(), static option => Assert.StartsWith("a container made by root", option.GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Why_OfAnotherUserWithoutTheCapability_SuggestsRootAsWell()
    {
        Host.Requires(Host.Root);
        using JsonDocument report = Why(["--user=1000", "alpine", "/payload", "call", "setpriority", "0", "0", "-5"]);
        Assert.Equal("--cap-add SYS_NICE --user root", Refused(report)[0].GetProperty("allow")[0].GetString());
    }

    [Fact]
    public void Why_WhereAProgramOnlyLooksForADevice_DoesNotSayThatItEndedForIt()
    {
        using JsonDocument report = Why(["alpine", "sh", "-c", "test -e {device}; exit 3"]);
        Assert.All(Refused(report), static refusal => Assert.False(refusal.GetProperty("mattered").GetBoolean(), $"{refusal}"));
    }

    [Fact]
    public void Why_WhereTheFirstProcessStopsItself_GoesOnAsUnobserved()
    {
        using JsonDocument report = Why(["alpine", "sh", "-c", "kill -STOP 1; exit 0"]);
        Assert.Equal(0, report.RootElement.GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public void Why_LeavesNoContainer()
    {
        using JsonDocument report = Why(["alpine", "true"]);
        Assert.Equal("", _own.Run("ps", "-aq").Succeeded().Output);
    }

    private void Judged(string layer, string detail, string[] arguments)
    {
        using JsonDocument report = Why(arguments);
        JsonElement first = Refused(report).FirstOrDefault();
        Assert.True(first.ValueKind == JsonValueKind.Object, $"nothing was refused: {report.RootElement}");
        string found = $"{first.GetProperty("layer").GetString()}: {first.GetProperty("detail").GetString()}";
        Assert.StartsWith($"{layer}: {Filled(detail)}", found, StringComparison.Ordinal);
        Assert.True(first.GetProperty("mattered").GetBoolean() || first.GetProperty("errno").ValueKind == JsonValueKind.Null, $"{first}");

        // What mattered was refused by this layer alone: nobody else stands accused.
        Assert.All(Refused(report).Where(static refusal => refusal.GetProperty("mattered").GetBoolean()), refusal => Assert.Equal(layer, refusal.GetProperty("layer").GetString()));
    }

    private JsonDocument Why(string[] arguments)
    {
        string payload = Path.Combine(_own.Scratch.Make("programs"), "payload");
        File.Copy(TestEngine.Payload, payload, overwrite: true);
        CommandResult result = _own.Run(["why", "--format", "json", "--network", "none", $"-v={payload}:/payload:ro", .. arguments.Select(Filled)]);
        Assert.True(result.Output.StartsWith('{'), $"no report, exit {result.ExitCode}: {result.Error}");
        return JsonDocument.Parse(result.Output);
    }

    private static List<JsonElement> Refused(JsonDocument report) => [.. report.RootElement.GetProperty("refused").EnumerateArray()];

    private string Filled(string text) => !text.Contains('{', StringComparison.Ordinal) ? text : text
        .Replace("{deny}", $"--security-opt=seccomp={Profile()}", StringComparison.Ordinal)
        .Replace("{shared}", _own.Scratch.Make("shared"), StringComparison.Ordinal)
        .Replace("{payload}", TestEngine.Payload, StringComparison.Ordinal)
        .Replace("{foreign}", "/etc/shadow", StringComparison.Ordinal)
        .Replace("{capable}", text.Contains("{capable}", StringComparison.Ordinal) ? Capable() : "", StringComparison.Ordinal)
        .Replace("{device}", HostDevice(), StringComparison.Ordinal);

    // A program whose file insists on a capability.
    private string Capable()
    {
        string program = Path.Combine(_own.Scratch.Make("capable"), "payload");
        File.Copy(TestEngine.Payload, program, overwrite: true);
        Command.Run("setcap", "cap_net_raw+ep", program).Succeeded();
        return program;
    }

    private string Profile() => _own.Scratch.Write("deny.json", """
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
          {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
          {"names": ["reboot"], "action": "SCMP_ACT_KILL_PROCESS"},
          {"names": ["syslog"], "action": "SCMP_ACT_TRAP"}]}
        """);

    // Any node of this host that no container has by itself.
    private static string HostDevice()
    {
        string[] given = ["null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"];
        return new DirectoryInfo("/dev").EnumerateFiles().Where(file => file.LinkTarget is null && !given.Contains(file.Name)).Select(static file => file.FullName).Order().FirstOrDefault()
            ?? throw new InvalidOperationException("this host's /dev has nothing but what every container has");
    }
}
