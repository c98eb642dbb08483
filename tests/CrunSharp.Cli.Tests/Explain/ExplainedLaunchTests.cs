using System.Text;
using System.Text.RegularExpressions;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.Explain;

/// <summary>The script that --explain prints yields the container that run makes, seen from inside by a program.</summary>
[Collection(nameof(Alone))]
public sealed partial class ExplainedLaunchTests
{
    public static TheoryData<string> RootOptions { get; } =
    [
        "",
        "-u 1000:1000 --group-add 7",
        "--cap-drop ALL --cap-add NET_BIND_SERVICE -u 65534 --security-opt no-new-privileges",
        "--cap-drop ALL",
        "--read-only --tmpfs /tmp --tmpfs /run:size=4m",
        "-m 64m --pids-limit 50 --cpus 0.5 --cpuset-cpus 0",
        "--ulimit nofile=100:200 --ulimit core=0:0 -w /srv/new",
        "--security-opt seccomp=unconfined --shm-size 8m",
        "--sysctl net.ipv4.ip_forward=1 --device /dev/zero:/dev/nil -e EMPTY= -e QUOTE=it's",
        "--network host --init",
        "--without caps,masks",
        "--only ns=mnt,pid,ipc",
        "--without cgroup,keyring,ns=uts",
    ];

    public static TheoryData<string> UserOptions { get; } =
    [
        "",
        "-u 1000:1000",
        "--cap-drop ALL --security-opt no-new-privileges",
        "--read-only --tmpfs /tmp",
        "--ulimit core=0:0 -w /srv/new --shm-size 8m",
        "--security-opt seccomp=unconfined",
        "--network host",
        "--without caps,masks,seccomp",
        "--only ns=mnt,pid,ipc",
        "--init --cap-add SYS_PTRACE",
    ];

    [Theory]
    [MemberData(nameof(RootOptions))]
    [Trait("uml", "no")] // Ten seconds each there: the next test does it with ten.
    public Task Script_OfRoot_YieldsTheContainerThatRunMakes(string options) => CompareAsync(options);

    [Theory]
    [InlineData("")]
    [InlineData("-m 64m --pids-limit 50 --cpus 0.5")]
    [InlineData("-u 1000:1000 --cap-drop ALL")]
    [InlineData("--read-only --tmpfs /tmp")]
    [InlineData("--device /dev/zero:/dev/nil --sysctl net.ipv4.ip_forward=1")]
    [InlineData("--ulimit nofile=100:200 -w /srv/new")]
    [InlineData("--security-opt seccomp=unconfined --security-opt no-new-privileges")]
    [InlineData("--network host --init")]
    [InlineData("--privileged")]
    [InlineData("--without cgroup,masks")]
    public Task Script_OnCgroup2_YieldsTheContainerThatRunMakes(string options)
    {
        Host.Requires(Host.Cgroup2);
        return CompareAsync(options);
    }

    private static async Task CompareAsync(string options)
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestEngine.HasPayload, TestRegistry.Installed, Host.Command("cc", "gcc"), Host.Command("setpriv"));
        await using TestEngine engine = await TestEngine.StartAsync("busybox");
        string[] container = Container(options, "busybox");
        (await engine.RunAsync("pull", "-q", "busybox")).Succeeded();
        string ours = (await engine.RunAsync(["run", "--rm", .. container, .. Sight.Words])).Succeeded().Output;
        string script = (await engine.RunAsync(["run", "--explain", .. container, .. Sight.Words])).Succeeded().Output;
        string theirs = (await PasteAsync(script, new Dictionary<string, string?>())).Succeeded().Output;

        Assert.True(Sight.Facts(ours).Count > 400, ours);
        Assert.Empty(Sight.Differences(ours, theirs));
        Assert.Empty(Directory.EnumerateDirectories(engine.Root, "by-hand.*"));
        Assert.DoesNotContain(Cgroup().Matches(script).Select(static match => match.Value), Directory.Exists);
    }

    [Theory]
    [MemberData(nameof(UserOptions))]
    public async Task Script_OfAnOrdinaryUser_YieldsTheContainerThatRunMakes(string options)
    {
        Host.Requires([.. RootlessHome.Needs, Host.SubordinateIds, TestEngine.HasPayload, Host.Command("cc", "gcc"), Host.Command("newuidmap", "uidmap")]);
        await CompareRootlessAsync(options);
    }

    [Fact]
    public async Task Script_OfAUserWithOneId_YieldsTheContainerThatRunMakes()
    {
        Host.Requires([.. RootlessHome.Needs, Host.NoSubordinateIds, TestEngine.HasPayload, Host.Command("cc", "gcc")]);
        await CompareRootlessAsync("--cap-drop ALL");
    }

    [Fact]
    public async Task Comparison_OneCapabilityMore_IsSeen()
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestEngine.HasPayload, TestRegistry.Installed, Host.Command("cc", "gcc"));
        await using TestEngine engine = await TestEngine.StartAsync("busybox");
        (await engine.RunAsync("pull", "-q", "busybox")).Succeeded();
        string ours = (await engine.RunAsync(["run", "--rm", .. Container("", "busybox"), .. Sight.Words])).Succeeded().Output;
        string script = (await engine.RunAsync(["run", "--explain", .. Container("--cap-add SYS_PTRACE --read-only", "busybox"), .. Sight.Words])).Succeeded().Output;
        string[] differences = Sight.Differences(ours, (await PasteAsync(script, new Dictionary<string, string?>())).Output);
        Assert.Contains(differences, static line => line.StartsWith("hand: status CapEff", StringComparison.Ordinal));
        Assert.Contains(differences, static line => line.StartsWith("hand: mount / ro", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DryRun_PrintsThePlanAndMakesNothing()
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestRegistry.Installed);
        await using TestEngine engine = await TestEngine.StartAsync("busybox");
        (await engine.RunAsync("pull", "-q", "busybox")).Succeeded();
        (await engine.RunAsync("ps")).Succeeded();
        string[] before = Tree(engine);
        CommandResult plan = (await engine.RunAsync("run", "--dry-run", "--name", "nobody", "-v", "data:/data", "--network", "none", "busybox", "true")).Succeeded();
        Assert.Contains("pivot_root", plan.Output, StringComparison.Ordinal);
        Assert.Contains("execute true", plan.Output, StringComparison.Ordinal);
        Assert.Equal(before, Tree(engine));
    }

    [Theory]
    [InlineData("--dry-run", "-v", "calls: pivot_root(2)")]
    [InlineData("--explain", "-v", "calls: pivot_root(2)")]
    [InlineData("--explain", "-vv", "see: pivot_root(2)")]
    [InlineData("--explain", "--detail=2", "see: pivot_root(2)")]
    public async Task Explain_MoreDetail_TellsMore(string what, string detail, string expected)
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestRegistry.Installed);
        await using TestEngine engine = await TestEngine.StartAsync("busybox");
        (await engine.RunAsync("pull", "-q", "busybox")).Succeeded();
        CommandResult told = (await engine.RunAsync("run", what, detail, "--network", "none", "busybox", "true")).Succeeded();
        Assert.Contains(expected, told.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--without ns=mnt", "no container without ns=mnt")]
    [InlineData("--only ns=pid", "no container without ns=mnt")]
    [InlineData("--without net", "no such part")]
    [InlineData("--without ns=net --network none", "cannot use --network none without ns=net")]
    [InlineData("--without cgroup -m 64m", "without cgroup")]
    [InlineData("--only ns=mnt --without caps", "together")]
    [InlineData("--explain --trace", "nothing is launched")]
    [InlineData("--explain --detail=3", "it is 0, 1 or 2")]
    public async Task Options_ThatCannotBe_AreRefusedBeforeAnythingIsMade(string options, string reason)
    {
        Host.Requires(Host.Root, Host.PublishedBinaries, Host.Images, TestRegistry.Installed);
        await using TestEngine engine = await TestEngine.StartAsync();
        CommandResult refused = await engine.RunAsync(["run", .. options.Split(' '), "busybox", "true"]);
        Assert.Equal(125, refused.ExitCode);
        Assert.Contains(reason, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_ALayer_IsSaidAndOnlyThatLayerGoes()
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestRegistry.Installed);
        await using TestEngine engine = await TestEngine.StartAsync("busybox");
        (await engine.RunAsync("pull", "-q", "busybox")).Succeeded();
        CommandResult run = (await engine.RunAsync(
            "run", "--rm", "--network", "none", "--without", "seccomp", "busybox", "grep", "-E", "^(Seccomp|CapEff):", "/proc/self/status")).Succeeded();
        Assert.Contains("warning: without seccomp: ", run.Error, StringComparison.Ordinal);
        Assert.Equal("CapEff:\t00000000a80425fb\nSeccomp:\t0\n", run.Output);
    }

    private static async Task CompareRootlessAsync(string options)
    {
        await using RootlessHome home = await RootlessHome.MakeAsync();
        (await home.RunAsync("pull", "-q", home.Image)).Succeeded();
        string[] container = Container(options, home.Image);
        string ours = (await home.RunAsync(["run", "--rm", .. container, .. Sight.Words])).Succeeded().Output;
        string script = (await home.RunAsync(["run", "--explain", .. container, .. Sight.Words])).Succeeded().Output;
        string theirs = (await PasteAsync(script, home.Environment)).Succeeded().Output;

        Assert.True(Sight.Facts(ours).Count > 400, ours);
        Assert.Empty(Sight.Differences(ours, theirs));

        // A user with one id has a store of its own beside the usual one.
        EnumerationOptions shallow = new() { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true };
        Assert.Empty(Directory.EnumerateDirectories(home.DataDirectory, "by-hand.*", shallow));
    }

    private static bool HasCpuset => Directory.Exists("/sys/fs/cgroup/cpuset")
        || (File.Exists("/sys/fs/cgroup/cgroup.controllers") && File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Contains("cpuset", StringComparison.Ordinal));

    private static string[] Container(string options, string image)
    {
        // A kernel for one processor has no such controller.
        string possible = HasCpuset ? options : options.Replace("--cpuset-cpus 0", "", StringComparison.Ordinal);
        string[] words = possible.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] network = words.Any(static word => word is "--network" or "--only") ? [] : ["--network", "none"];
        string[] name = words.Any(static word => word == "--only" || word.Contains("ns=uts", StringComparison.Ordinal)) ? [] : ["--hostname", "box"];
        return [.. words, .. network, .. name, "-v", $"{TestEngine.Payload}:/payload:ro", image];
    }

    // As it is pasted: the shell reads it from its input.
    private static Task<CommandResult> PasteAsync(string script, IReadOnlyDictionary<string, string?> environment) => Command.RunAsync(
        new CommandOptions { Input = Encoding.UTF8.GetBytes(script), Environment = environment, Limit = TimeSpan.FromSeconds(120) }, "sh");

    private static string[] Tree(TestEngine engine) =>
        [.. new[] { engine.Root, engine.RunRoot }.SelectMany(static root => Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)];

    [GeneratedRegex("/sys/fs/cgroup/[a-z_,/]*crun-sharp/[0-9a-f]{12}")]
    private static partial Regex Cgroup();
}
