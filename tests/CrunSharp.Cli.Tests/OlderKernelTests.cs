using System.Text.Json.Nodes;
using CrunSharp.CliTests.OciFace;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>Starts on kernels that lack a call, played by a filter around the program and all that it starts.</summary>
[Collection(nameof(Alone))]
public sealed class OlderKernelTests
{
    private const string All = "clone3,close_range,copy_file_range,fsopen,memfd-flags,mount_setattr,move_mount,open_tree,openat2,pidfd_open";

    public static TheoryData<string> Calls { get; } =
    [
        "clone3", "close_range", "copy_file_range", "fsopen", "memfd-exec", "memfd-flags", "mount_setattr", "move_mount", "open_tree", "openat2", "pidfd_open", "statx", All,
    ];

    [Theory]
    [Trait("uml", "no")] // Once is enough: what differs there is the cgroups, which the other face shows.
    [MemberData(nameof(Calls))]
    public async Task Engine_WithoutTheCall_RunsAndLeavesNothing(string call)
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestRegistry.Installed, TestEngine.HasPayload);
        await using TestEngine engine = await TestEngine.StartAsync("alpine");
        (await engine.RunAsync("run", "--rm", "--network", "none", "alpine", "true")).Succeeded();
        string data = Path.Combine(engine.Shared, "data");
        Directory.CreateDirectory(data);
        HostSnapshot before = HostSnapshot.Take(engine.Root, engine.RunRoot);
        CommandResult result = await Filtered(
            engine.Environment, call, Host.Published("crun-sharp"), "--root", engine.Root, "--runroot", engine.RunRoot, "run", "--rm", "--init", "--network", "none",
            "-m", "64m", "-v", $"{data}:/data:ro", "--tmpfs", "/scratch", "alpine", "sh", "-c",
            "echo x > /data/file; echo y > /scratch/file; cat /scratch/file; ls /sys/firmware; echo no > /proc/sys/kernel/hostname; rm /etc/passwd; exit 7");
        Assert.Equal((7, "y\n"), (result.ExitCode, result.Output));
        Assert.Equal(2, result.Error.Split("Read-only file system").Length - 1);
        await before.AssertUnchangedAsync();
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task OciFace_WithoutTheCall_RunsAndLeavesNothing(string call)
    {
        Host.Requires([.. OciBundle.Needs, TestEngine.HasPayload]);
        using OciBundle bundle = new("/bin/sh", "-c", "grep -c . /proc/self/mountinfo >/dev/null; echo x > /file; exit 7");
        bundle.Change(spec => spec["linux"]!["resources"] = JsonNode.Parse("""{"memory": {"limit": 67108864}, "pids": {"limit": 50}}"""));
        CommandResult result = await Filtered(
            new Dictionary<string, string?>(), call, Host.Published("crun-sharp-oci"), "--root", Path.Combine(bundle.Location, "state"), "run", "--bundle", bundle.Location, bundle.Id);
        Assert.True(result.ExitCode == 7, result.Error);
        Assert.Empty(bundle.Leftovers);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task RootlessEngine_WithoutTheCall_Runs(string call)
    {
        Host.Requires([.. RootlessHome.Needs, TestEngine.HasPayload]);
        await using RootlessHome home = await RootlessHome.MakeAsync();

        // newuidmap gains rights by its file, which nothing can under a filter of an ordinary user: the namespace is there before.
        (await home.RunAsync("run", "--rm", "--network", "none", home.Image, "true")).Succeeded();
        CommandResult result = await Filtered(home.Environment, call, Host.Published("crun-sharp"), "run", "--rm", "--network", "none", home.Image, "sh", "-c", "echo x > /file; exit 7");
        Assert.True(result.ExitCode == 7, result.Error);
    }

    [Fact]
    public async Task Cve2019_5736_WhereMemoryMayNotBeExecuted_TheStageCannotBeWrittenThroughItsExe()
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestRegistry.Installed, TestEngine.HasPayload);
        await using TestEngine engine = await TestEngine.StartAsync("alpine");

        // Process 1 is the stage itself. Even with the right to look at it, its file may be neither written now nor through a descriptor kept open.
        string attack = "head -c 4 /proc/1/exe | od -An -c | head -1; (echo owned > /proc/1/exe) 2>&1 | sed 's/.*: //'; exec 7</proc/1/exe; (echo owned > /proc/self/fd/7) 2>&1 | sed 's/.*: //'";
        CommandResult result = await Filtered(
            engine.Environment, "memfd-exec", Host.Published("crun-sharp"), "--root", engine.Root, "--runroot", engine.RunRoot, "run", "--rm", "-q", "--init", "--cap-add", "SYS_PTRACE", "--network", "none", "alpine", "sh", "-c", attack);
        Assert.Equal("177   E   L   F|Read-only file system|Read-only file system", string.Join('|', result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
    }

    [Fact]
    public async Task MemfdNoexec_OfTheKernelItself_IsWorkedAround()
    {
        Host.Requires(
            Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestRegistry.Installed,
            new Need("memfd_noexec", () => File.Exists("/proc/sys/vm/memfd_noexec") ? null : "vm.memfd_noexec came with Linux 6.3"));
        await using TestEngine engine = await TestEngine.StartAsync("alpine");

        // The setting belongs to a pid namespace and cannot be lowered again: so it gets one of its own.
        string script = "echo 2 > /proc/sys/vm/memfd_noexec && exec \"$@\"";
        CommandResult result = await Command.RunAsync(
            new CommandOptions { Environment = engine.Environment },
            "unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh",
            Host.Published("crun-sharp"), "--root", engine.Root, "--runroot", engine.RunRoot, "run", "--rm", "--network", "none", "alpine", "sh", "-c", "exit 7");
        Assert.True(result.ExitCode == 7, result.Error);
    }

    private static Task<CommandResult> Filtered(IReadOnlyDictionary<string, string?> environment, string call, params string[] words) =>
        Command.RunAsync(new CommandOptions { Environment = environment }, TestEngine.Payload, ["without", call, .. words]);
}
