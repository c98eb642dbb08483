using System.Text.Json.Nodes;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.OciFace;

/// <summary>Containers in systemd's scopes: as root, and as a user whose own systemd does it.</summary>
[Collection(nameof(Alone))]
public sealed class SystemdTests
{
    [Fact]
    public void SystemdCgroup_OfAContainer_IsAScopeWithTheLimitsAsProperties()
    {
        Host.Requires([.. OciBundle.Needs, Host.Systemd]);
        using OciBundle bundle = new("/bin/sleep", "60") { Systemd = true };
        bundle.Change(spec =>
        {
            spec["linux"]!["cgroupsPath"] = $"crun-test.slice:prefix:{bundle.Id}";
            spec["linux"]!["resources"] = JsonNode.Parse("""{"memory": {"limit": 67108864}, "pids": {"limit": 50}, "cpu": {"quota": 25500, "period": 100000, "shares": 1024}, "devices": [{"allow": false}]}""");
        });
        string unit = $"prefix-{bundle.Id}.scope";
        string cgroup = $"/sys/fs/cgroup/crun.slice/crun-test.slice/{unit}";
        bundle.Create("--pid-file", Path.Combine(bundle.Location, "pid")).Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();

        Assert.Equal($"0::{cgroup["/sys/fs/cgroup".Length..]}\n", File.ReadAllText($"/proc/{bundle.Read("pid").Trim()}/cgroup"));
        Assert.Equal("0::/\n", bundle.Oci("exec", bundle.Id, "cat", "/proc/self/cgroup").Succeeded().Output);
        Assert.Equal(
            ["ActiveState=active", "CPUQuotaPerSecUSec=260ms", "Delegate=yes", "MemoryMax=67108864", "Slice=crun-test.slice", "TasksMax=50"],
            Show(unit, "Slice,Delegate,MemoryMax,TasksMax,CPUQuotaPerSecUSec,ActiveState"));
        Assert.Equal(("67108864", "50", "25500 100000"), (Limit(cgroup, "memory.max"), Limit(cgroup, "pids.max"), Limit(cgroup, "cpu.max")));

        bundle.Oci("update", "--memory", "32m", bundle.Id).Succeeded();
        Assert.Equal(("33554432", "MemoryMax=33554432"), (Limit(cgroup, "memory.max"), Show(unit, "MemoryMax").Single()));
        Command.Run("systemctl", "daemon-reload").Succeeded();
        Assert.Equal(("33554432", "50"), (Limit(cgroup, "memory.max"), Limit(cgroup, "pids.max")));

        bundle.Oci("delete", "--force", bundle.Id).Succeeded();
        Assert.False(Directory.Exists(cgroup));
        Assert.Equal("LoadState=not-found", Show(unit, "LoadState").Single());
    }

    [Fact]
    public void SystemdCgroup_OfARunThatIsKilledByItsLimit_LeavesNoFailedUnit()
    {
        Host.Requires([.. OciBundle.Needs, Host.Systemd]);
        using OciBundle bundle = new("/bin/sh", "-c", "x=a; while :; do x=$x$x; done") { Systemd = true };
        bundle.Change(spec =>
        {
            spec["linux"]!["cgroupsPath"] = $":prefix:{bundle.Id}";
            spec["linux"]!["resources"] = JsonNode.Parse("""{"memory": {"limit": 16777216, "swap": 16777216}}""");
        });
        Assert.NotEqual(0, bundle.Oci("run", "--bundle", bundle.Location, bundle.Id).ExitCode);
        Assert.True(SpinWait.SpinUntil(() => Show($"prefix-{bundle.Id}.scope", "LoadState").Single() == "LoadState=not-found", TimeSpan.FromSeconds(10)));
        Assert.False(Directory.Exists($"/sys/fs/cgroup/system.slice/prefix-{bundle.Id}.scope"));
    }

    [Theory]
    [InlineData("/a/path", "expected cgroupsPath to be of format")]
    [InlineData("a--b.slice:x:y", "is no name of a slice")]
    [InlineData("a.slice:x:y.slice", "is a slice")]
    public void SystemdCgroup_OfAPathThatIsNone_IsRefusedAndLeavesNothing(string path, string words)
    {
        Host.Requires([.. OciBundle.Needs, Host.Systemd]);
        using OciBundle bundle = new("/bin/true") { Systemd = true };
        bundle.Change(spec => spec["linux"]!["cgroupsPath"] = path);
        CommandResult result = bundle.Oci("run", "--bundle", bundle.Location, bundle.Id);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        Assert.Empty(bundle.Leftovers);
    }

    // As Kubernetes names them: each dash of a slice is a level, and systemd makes the slices that are missing.
    [Fact]
    public void SystemdCgroup_OfAPod_LiesInTheNestedSlicesWithTheUnitsProperties()
    {
        Host.Requires([.. OciBundle.Needs, Host.Systemd]);
        using OciBundle bundle = new("/bin/sleep", "60") { Systemd = true };
        bundle.Change(spec =>
        {
            spec["linux"]!["cgroupsPath"] = $"kubepods-burstable-pod1234_5678.slice:cri-containerd:{bundle.Id}";
            spec["linux"]!["resources"] = JsonNode.Parse("""{"memory": {"limit": 67108864}}""");
            spec["annotations"] = JsonNode.Parse("""{"org.systemd.property.TimeoutStopSec": "uint64 123", "org.systemd.property.CollectMode": "'inactive'", "other": "x"}""");
        });
        string unit = $"cri-containerd-{bundle.Id}.scope";
        string cgroup = $"/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1234_5678.slice/{unit}";
        bundle.Create("--pid-file", Path.Combine(bundle.Location, "pid")).Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();
        Assert.Equal($"0::{cgroup["/sys/fs/cgroup".Length..]}\n", File.ReadAllText($"/proc/{bundle.Read("pid").Trim()}/cgroup"));
        Assert.Equal("67108864", Limit(cgroup, "memory.max"));
        Assert.Equal(
            ["CollectMode=inactive", "Slice=kubepods-burstable-pod1234_5678.slice", "TimeoutStopUSec=2min 3s"],
            Show(unit, "Slice,CollectMode,TimeoutStopUSec"));
        bundle.Oci("delete", "--force", bundle.Id).Succeeded();
        Assert.False(Directory.Exists(cgroup));
        Command.Run("systemctl", "stop", "kubepods.slice").Succeeded();
    }

    [Theory]
    [InlineData("org.systemd.property.Nonsense", "'x'", "Nonsense")]
    [InlineData("org.systemd.property.CollectMode", "unquoted", "is no value")]
    public void SystemdCgroup_WithAPropertyThatIsNone_RunsNothingAndLeavesNothing(string key, string value, string words)
    {
        Host.Requires([.. OciBundle.Needs, Host.Systemd]);
        using OciBundle bundle = new("/bin/true") { Systemd = true };
        bundle.Change(spec =>
        {
            spec["linux"]!["cgroupsPath"] = $":prefix:{bundle.Id}";
            spec["annotations"] = new JsonObject { [key] = value };
        });
        CommandResult result = bundle.Oci("run", "--bundle", bundle.Location, bundle.Id);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        Assert.Empty(bundle.Leftovers);
    }

    // A bus that is there and whose systemd gives nothing: a user without limits need not care.
    [Fact]
    public async Task RootlessEngine_WhoseSystemdRefuses_RunsWithoutACgroupAndSaysSoOnce()
    {
        Host.Requires(Host.Root, Host.PublishedBinaries, Host.Images, TestRegistry.Installed, Host.Systemd, Host.SystemdUser);
        await using TestRegistry registry = await TestRegistry.StartAsync();
        await registry.PushLayoutAsync(TestEngine.Layout("alpine"), "library/alpine", "latest");
        Command.Run("systemctl", "start", "user@1500.service").Succeeded();
        string image = $"{registry.Authority}/library/alpine";

        // The system's bus lets the user speak with the system's systemd, which gives him no scope.
        string[] refused = ["env", "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket"];
        CommandResult first = AsUserOf(refused, "run", "--rm", "-q", "--network", "none", image, "echo", "ran");
        Assert.Equal("ran\n", first.Succeeded().Output);
        Assert.Contains("crun-sharp: warning: containers get no cgroup of their own, hence no limits: ", first.Error, StringComparison.Ordinal);
        CommandResult second = AsUserOf(refused, "run", "--rm", "-q", "--network", "none", image, "echo", "ran");
        Assert.Equal(("ran\n", ""), (second.Output, second.Error));

        CommandResult limited = AsUserOf(refused, "run", "--rm", "-q", "--network", "none", "-m", "64m", image, "echo", "ran");
        Assert.Equal((125, ""), (limited.ExitCode, limited.Output));
        Assert.Contains("crun-sharp: cannot ", limited.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Podman_WithSystemdsManager_RunsInItsScope()
    {
        Host.Requires([.. OciBundle.Needs, Host.Systemd, Host.Command("podman")]);
        using OciBundle bundle = new("/bin/true") { Systemd = true };
        string runtime = Host.Published("crun-sharp-oci");
        string[] words =
        [
            "--runtime", runtime, "--cgroup-manager", "systemd", "--root", $"{bundle.Location}/store", "--runroot", $"{bundle.Location}/podman-run", "--events-backend", "none",
            "run", "--rm", "--network", "none", "--log-driver", "none", "--memory", "64m", "--cgroupns", "host", "--rootfs", $"{bundle.Location}/rootfs", "/bin/cat", "/proc/self/cgroup",
        ];
        CommandResult result = await Command.RunAsync("podman", words);
        Assert.Matches("^0::/machine.slice/libpod-[0-9a-f]{64}.scope", result.Succeeded().Output);
    }

    [Fact]
    public async Task RootlessEngine_WithASystemdOfItsOwn_LimitsAndEntersItsContainers()
    {
        Host.Requires(Host.Root, Host.PublishedBinaries, Host.Images, TestRegistry.Installed, Host.Systemd, Host.SystemdUser);
        using TemporaryDirectory directory = new();
        await using TestRegistry registry = await TestRegistry.StartAsync();
        await registry.PushLayoutAsync(TestEngine.Layout("alpine"), "library/alpine", "latest");
        Command.Run("systemctl", "start", "user@1500.service").Succeeded();
        string image = $"{registry.Authority}/library/alpine";
        CommandResult limited = AsUser("run", "--rm", "--network", "none", "-m", "64m", "--pids-limit", "50", image, "sh", "-c", "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max");
        Assert.Equal("67108864\n50\n", limited.Succeeded().Output);

        using System.Diagnostics.Process run = Start("run", "--name", "sleeper", "--network", "none", image, "sleep", "60");
        Assert.True(SpinWait.SpinUntil(() => AsUser("exec", "sleeper", "cat", "/proc/self/cgroup").Output == "0::/\n", TimeSpan.FromSeconds(60)));
        AsUser("rm", "-f", "sleeper").Succeeded();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Directory.GetDirectories("/sys/fs/cgroup/user.slice/user-1500.slice", "crun-sharp-*", SearchOption.AllDirectories));
    }

    private static CommandResult AsUser(params string[] words) => Command.Run("setpriv", UserWords(words));

    private static System.Diagnostics.Process Start(params string[] words) => Command.Start(new CommandOptions(), "setpriv", UserWords(words));

    private static CommandResult AsUserOf(string[] before, params string[] words)
    {
        string[] all = UserWords(words);
        return Command.Run("setpriv", [.. all[..^(words.Length + 1)], .. before, .. all[^(words.Length + 1)..]]);
    }

    private static string[] UserWords(string[] words) =>
    [
        "--reuid", "1500", "--regid", "1500", "--clear-groups", "--inh-caps=-all", "env", "-i", "PATH=/usr/bin:/bin", "HOME=/tmp/crs", "XDG_RUNTIME_DIR=/run/user/1500",
        "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1500/bus", Host.Published("crun-sharp"), .. words,
    ];

    private static string Limit(string cgroup, string file) => File.ReadAllText($"{cgroup}/{file}").Trim();

    private static string[] Show(string unit, string properties) =>
        [.. Command.Run("systemctl", "show", "-p", properties, unit).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
}
