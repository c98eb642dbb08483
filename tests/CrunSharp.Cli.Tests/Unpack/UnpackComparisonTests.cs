using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.Unpack;

/// <summary>The merged root of every image equals what another program makes of it, seen by a reader that is neither's.</summary>
[Trait("uml", "no")] // Nothing here is another kernel's business, and it is slow there.
public sealed class UnpackComparisonTests
{
    // The container writes hosts, hostname and resolv.conf, and mounts need a place.
    private static readonly Exemption[] s_containers =
    [
        new("/", null, "an image that does not list its root has no mode for it"),
        new("etc", "time", "hosts, hostname and resolv.conf are put there"),
        new("etc", "", "where the image has none"),
        new("dev", null, "mounted in the container"),
        new("dev/*", null, "mounted in the container"),
        new("proc", null, "mounted in the container"),
        new("sys", null, "mounted in the container"),
        new("etc/hosts", null, "mounted in the container"),
        new("etc/hostname", null, "mounted in the container"),
        new("etc/resolv.conf", null, "mounted in the container"),
    ];

    private static readonly Exemption[] s_umoci =
    [
        .. s_containers,
        new("xattrs/empty", "user.empty", "umoci loses attributes without a value (Go's archive/tar drops them)"),
    ];

    private static readonly Exemption[] s_podman =
    [
        .. s_containers,
        new("xattrs/empty", "user.empty", "podman loses attributes without a value (Go's archive/tar drops them)"),
        new("etc/mtab", null, "podman's addition"),
        new("run", null, "podman's addition"),
        new("owned", null, "podman gives a directory that a layer implies to root; the spec says that unlisted entries stay as they are"),
        new("opaque", null, "as above: layer 3 implies it"),
        new("beside/x/old", null, "podman does not see that `.wh.x` beside `x/` hides what lower layers have in x"),
        .. ((string[])["becomes-directory", "beside", "links", "xattrs"])
            .Select(path => new Exemption(path, "time", "podman gives a directory that a layer implies the time of unpacking; unlisted entries stay as they are")),
    ];

    // What no layer lists has no time of the image's: umoci and podman take that of unpacking, we 1970, as the reader shows for itself.
    private static readonly Exemption[] s_unlisted =
    [
        .. ((string[])["implied", "implied/two", "implied/two/three", "implied-50", "implied-50/by", "implied-100", "implied-100/by", "implied-150", "implied-150/by"])
            .Select(path => new Exemption(path, "time", "no layer lists it")),
    ];

    // A count of names is the inode's: the store's own names for the same file are in it, and those that a layer above hides.
    private static readonly Exemption[] s_counts =
    [
        .. ((string[])["becomes-directory/y", "becomes-file", "beside/x/new", "directory-becomes-link", "etc/came-back", "implied/two/another",
            "link-becomes-directory/x", "opaque/newer", "owned/second", "tree/new", "xattrs/text"])
            .Select(path => new Exemption(path, "links", "its layer was mended: the layer as it came has a name for it too")),
        .. ((string[])["links/one", "links/two"])
            .Select(path => new Exemption(path, "links", "other names of it are hidden by a layer above, and overlay counts them")),
        .. ((string[])["a/one", "a/two", "a/three", "b/four", "b/five"])
            .Select(path => new Exemption(path, "links", "its layer was mended: the layer as it came has a name for it too")),
    ];

    [Theory]
    [InlineData("busybox")]
    [InlineData("debian")]
    [InlineData("torture")]
    [InlineData("lowerlinks")]
    [InlineData("layers200")]
    [InlineData("big")]
    public async Task MergedRoot_AsRoot_EqualsUmocis(string image)
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestEngine.HasPayload, TestRegistry.Installed, Host.Command("umoci"));
        await using TestEngine engine = await TestEngine.StartAsync(image);
        TreeListing ours = await ReadOursAsync(engine, image);
        using TemporaryDirectory directory = new();
        CommandOptions patient = new() { Limit = TimeSpan.FromMinutes(5) };
        (await Command.RunAsync(patient, "umoci", "unpack", "--image", $"{TestEngine.Layout(image)}:latest", directory["bundle"])).Succeeded();
        TreeListing theirs = await ReadAsync(patient, TestEngine.Payload, "tree", directory["bundle/rootfs"]);
        AssertEqual(theirs.Compare(ours, [.. s_umoci, .. s_unlisted, .. s_counts]));
    }

    [Theory]
    [InlineData("busybox")]
    [InlineData("debian")]
    [InlineData("torture")]
    [InlineData("big")]
    public async Task MergedRoot_AsUser_EqualsPodmans(string image)
    {
        Host.Requires(Host.OrdinaryUser, Host.SubordinateIds, Host.Overlay, Host.PublishedBinaries, Host.Images, TestEngine.HasPayload, TestRegistry.Installed, Host.Command("podman"));
        await using TestEngine engine = await TestEngine.StartAsync(image);
        TreeListing ours = await ReadOursAsync(engine, image);
        using TemporaryDirectory directory = new();
        CommandOptions patient = new() { Limit = TimeSpan.FromMinutes(5) };

        // Podman takes no runroot longer than 50 characters.
        using TemporaryDirectory run = new("/tmp", "crs-");
        string[] podman = ["--root", directory["root"], "--runroot", run, "--storage-driver", "overlay"];
        string name = $"{engine.Registry.Authority}/library/{image}:latest";
        (await Command.RunAsync(patient, "podman", [.. podman, "pull", "-q", "--tls-verify=false", name])).Succeeded();
        TreeListing theirs = await ReadAsync(
            patient,
            "podman",
            [.. podman, "run", "--rm", "--network", "none", "--cgroups", "disabled", "-v", $"{TestEngine.Payload}:/payload:ro", name, "/payload", "tree", "/"]);
        await Command.RunAsync(patient, "podman", "unshare", "rm", "-rf", directory["root"]);
        AssertEqual(theirs.Compare(ours, [.. s_podman, .. s_unlisted, .. s_counts]));
    }

    // Podman refuses links into lower layers and more than 128 layers: umoci, as root of a user namespace, does not.
    [Theory]
    [InlineData("lowerlinks")]
    [InlineData("layers200")]
    public async Task MergedRoot_AsUser_EqualsUmocisInAUserNamespace(string image)
    {
        Host.Requires(Host.OrdinaryUser, Host.SubordinateIds, Host.Overlay, Host.PublishedBinaries, Host.Images, TestEngine.HasPayload, TestRegistry.Installed, Host.Command("umoci"));
        await using TestEngine engine = await TestEngine.StartAsync(image);
        TreeListing ours = await ReadOursAsync(engine, image);
        using TemporaryDirectory directory = new();
        string[] inside = ["--user", "--map-auto", "--map-root-user", "--"];
        (await Command.RunAsync("unshare", [.. inside, "umoci", "unpack", "--image", $"{TestEngine.Layout(image)}:latest", directory["bundle"]])).Succeeded();
        TreeListing theirs = await ReadAsync(new CommandOptions(), "unshare", [.. inside, TestEngine.Payload, "tree", directory["bundle/rootfs"]]);
        await Command.RunAsync("unshare", [.. inside, "rm", "-rf", directory["bundle"]]);
        AssertEqual(theirs.Compare(ours, [.. s_umoci, .. s_unlisted, .. s_counts]));
    }

    // With one id nothing can be owned by others, and special files cannot be made; the rest is the image's.
    [Theory]
    [InlineData("busybox")]
    [InlineData("debian")]
    [InlineData("lowerlinks")]
    public async Task MergedRoot_AsUserWithOneId_EqualsUmocisRootless(string image)
    {
        Host.Requires(Host.OrdinaryUser, Host.NoSubordinateIds, Host.Overlay, Host.PublishedBinaries, Host.Images, TestEngine.HasPayload, TestRegistry.Installed, Host.Command("umoci"));
        await using TestEngine engine = await TestEngine.StartAsync(image);
        TreeListing ours = await ReadOursAsync(engine, image);
        using TemporaryDirectory directory = new();
        (await Command.RunAsync("umoci", "unpack", "--rootless", "--image", $"{TestEngine.Layout(image)}:latest", directory["bundle"])).Succeeded();
        string[] inside = ["--user", "--map-root-user", "--"];
        TreeListing theirs = await ReadAsync(new CommandOptions(), "unshare", [.. inside, TestEngine.Payload, "tree", directory["bundle/rootfs"]]);
        AssertEqual(theirs.Compare(ours,
        [
            .. s_umoci, .. s_unlisted, .. s_counts,
            new Exemption("*", "user.rootlesscontainers", "umoci's note of the owner that could not be set"),
            new Exemption("*", "security.capability", "capabilities of a file cannot be kept with one id"),
        ]));
    }

    // The older sparse format: GNU tar wrote the rules, so it is asked.
    [Fact]
    public async Task MergedRoot_OldSparseFiles_EqualGnuTars()
    {
        Host.Requires(Host.Overlay, Host.PublishedBinaries, Host.Images, TestEngine.HasPayload, TestRegistry.Installed);
        await using TestEngine engine = await TestEngine.StartAsync("oldsparse");
        TreeListing ours = await ReadOursAsync(engine, "oldsparse");
        using TemporaryDirectory directory = new();
        string blobs = Path.Combine(TestEngine.Layout("oldsparse"), "blobs/sha256");
        string layer = Directory.EnumerateFiles(blobs).MaxBy(file => new FileInfo(file).Length)!;
        (await Command.RunAsync("tar", "-xzpf", layer, "-C", directory.Make("root"))).Succeeded();
        TreeListing theirs = await ReadAsync(new CommandOptions(), TestEngine.Payload, "tree", directory["root"]);
        AssertEqual(theirs.Compare(ours, [.. s_containers, new Exemption("*", "owner", "tar runs as the test's user")]));
    }

    private static async Task<TreeListing> ReadOursAsync(TestEngine engine, string image)
    {
        CommandOptions patient = new() { Limit = TimeSpan.FromMinutes(5) };
        (await engine.RunAsync(patient, "pull", "-q", image)).Succeeded();
        CommandResult tree = (await engine.RunAsync(
            patient, "run", "--rm", "--network", "none", "-v", $"{TestEngine.Payload}:/payload:ro", image, "/payload", "tree", "/")).Succeeded();
        TreeListing listing = TreeListing.Parse(tree.Output);
        Assert.True(listing.Count > 3, tree.Output);
        return listing;
    }

    private static async Task<TreeListing> ReadAsync(CommandOptions options, string program, params string[] arguments) =>
        TreeListing.Parse((await Command.RunAsync(options, program, arguments)).Succeeded().Output);

    private static void AssertEqual(List<string> differences) => Assert.True(differences.Count == 0, string.Join('\n', differences.Take(40)));
}
