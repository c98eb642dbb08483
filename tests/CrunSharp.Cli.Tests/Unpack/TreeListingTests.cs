using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.Unpack;

/// <summary>The reader must see what the comparison is about: each kind of difference is sown and has to be found.</summary>
[Trait("uml", "no")] // A tmpfs of 6.1 has no xattrs of users, and nothing here is the kernel's business.
public sealed class TreeListingTests
{
    [Fact]
    public async Task Tree_OfACopy_IsEqual()
    {
        Host.Requires(TestEngine.HasPayload);
        using TemporaryDirectory directory = new();
        await SowAsync(directory);
        Assert.Empty((await ReadAsync(directory["a"])).Compare(await ReadAsync(directory["b"])));
    }

    [Theory]
    [InlineData("chmod 4755 file", "file: mode")]
    [InlineData("touch -d @1000000000.5 file", "file: mode=100644")]
    [InlineData("touch -h -d @1000000000 link", "link: mode=120777")]
    [InlineData("setfattr -n user.x -v 0xff80 file", "user.x=ff80")]
    [InlineData("ln -sfn other link", "target=other")]
    [InlineData("rm second; cp -p file second", "second: mode=100644")]
    [InlineData("printf changed-content >file; touch -d @1600000000 file", "sum=")]
    [InlineData("ln file ../elsewhere", "links=3")]
    [InlineData("touch -d @1000000000 directory", "directory: mode=040755")]
    [InlineData("rm file second", "file: missing")]
    [InlineData("mkdir more", "more: should not be there")]
    [InlineData("rm link; mkfifo link", "link: mode=120777")]
    public async Task Tree_SownDifference_IsFound(string change, string found)
    {
        Host.Requires(TestEngine.HasPayload, Host.Command("setfattr", "attr"));
        await AssertFoundAsync(change, found);
    }

    [Theory]
    [InlineData("chown 1:2 file", "owner=1:2")]
    [InlineData("chown -h 1 link", "owner=1:0")]
    [InlineData("rm device; mknod device c 1 5", "device=1:5")]
    [InlineData("rm device; mknod device b 1 3", "mode=060")]
    [InlineData("setcap cap_net_raw+ep file", "security.capability=")]
    public async Task Tree_SownDifferenceOfRoot_IsFound(string change, string found)
    {
        Host.Requires(TestEngine.HasPayload, Host.Root, Host.Command("setcap", "libcap2-bin"));
        await AssertFoundAsync(change, found);
    }

    [Theory]
    [InlineData("dev", true)]
    [InlineData("dev/null", true)]
    [InlineData("device", false)]
    public void Exemption_OfADirectoryAndWhatItHolds_CoversNoNeighbour(string path, bool isCovered) =>
        Assert.Equal(isCovered, ((Exemption[])[new("dev", null, ""), new("dev/*", null, "")]).Any(exemption => exemption.Covers(path)));

    private static async Task AssertFoundAsync(string change, string found)
    {
        using TemporaryDirectory directory = new();
        await SowAsync(directory);
        (await Command.RunAsync(new CommandOptions { Directory = directory["b"] }, "sh", "-euc", change)).Succeeded();
        List<string> differences = (await ReadAsync(directory["a"])).Compare(await ReadAsync(directory["b"]), new Exemption("/", null, "its time follows its entries"));
        Assert.Contains(differences, difference => difference.Contains(found, StringComparison.Ordinal));
    }

    private static async Task SowAsync(TemporaryDirectory directory)
    {
        string script = "mkdir a; cd a; printf content >file; chmod 644 file; ln file second; ln -s file link; mkdir directory; " +
            (Environment.IsPrivilegedProcess ? "mknod device c 1 3; " : "") +
            "touch -h -d @1600000000 file link directory .; cd ..; cp -a a b";
        (await Command.RunAsync(new CommandOptions { Directory = directory }, "sh", "-euc", script)).Succeeded();
    }

    private static async Task<TreeListing> ReadAsync(string directory) =>
        TreeListing.Parse((await Command.RunAsync(TestEngine.Payload, "tree", directory)).Succeeded().Output);
}
