using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Engine.Tests;

public sealed class UserNamespaceTests
{
    private static readonly OuterUser s_anna = new()
    {
        Uid = 1001,
        Gid = 1001,
        Uids = [new IdExtent(0, 1001, 1), new IdExtent(1, 100000, 1000)],
        Gids = [new IdExtent(0, 1001, 1), new IdExtent(1, 100000, 1000)],
    };

    [Fact]
    public void Container_OfAnOrdinaryUser_RepeatsTheMapExtentByExtent() =>
        Assert.Equal([new IdMapping(0, 0, 1), new IdMapping(1, 1, 1000)], ContainerUserNamespace.Of(s_anna)?.Uids);

    [Fact]
    public void Container_OfRoot_HasNoUserNamespaceOfItsOwn() => Assert.Null(ContainerUserNamespace.Of(null));

    [Fact]
    public void User_BeyondTheMappedIds_IsRefusedWithTheReason()
    {
        ContainerUserNamespace.Check(new User { Uid = 1000, Gid = 1000 }, s_anna);
        CrunException refusal = Assert.Throws<CrunException>(() => ContainerUserNamespace.Check(new User { Uid = 1001, Gid = 0 }, s_anna));
        Assert.Equal("cannot run as user 1001:0: it is beyond the subordinate ids that you have", refusal.Message);
    }

    [Fact]
    public void Record_WrittenAndRead_IsTheSame()
    {
        using TemporaryDirectory directory = new();
        NamespaceRecord record = new(ProcessIdentity.Current, 4026531837);
        record.Write(directory["namespace"]);
        Assert.Equal(record, NamespaceRecord.TryRead(directory["namespace"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory["namespace"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1 2 3")]
    [InlineData("-1 2 3 boot\n")]
    [InlineData("a b c d\n")]
    public void Record_OfOtherText_IsNone(string text)
    {
        using TemporaryDirectory directory = new();
        Assert.Null(NamespaceRecord.TryRead(directory.Write("namespace", text)));
    }

    [Fact]
    public void Record_OfAnotherBoot_IsNotSearchedFor()
    {
        NamespaceRecord record = new(ProcessIdentity.Current with { BootId = "another" }, UserNamespaceFile.InodeOf(Environment.ProcessId) ?? 0);
        Assert.False(record.IsHeld(Identity.EffectiveUid));
        Assert.Null(record.FindAgain(Identity.EffectiveUid));
    }

    [Theory]
    [InlineData("kernel/unprivileged_userns_clone", "0\n", "sudo sysctl -w kernel.unprivileged_userns_clone=1")]
    [InlineData("user/max_user_namespaces", "0\n", "sudo sysctl -w user.max_user_namespaces=28633")]
    [InlineData("kernel/apparmor_restrict_unprivileged_userns", "1\n", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0")]
    public void Limit_ThatForbids_NamesWhatLiftsIt(string path, string text, string mend)
    {
        using TemporaryDirectory directory = new();
        directory.Write(path, text);
        Assert.Equal(mend, UserNamespaceLimits.Find(directory)?.Mend);
    }

    [Fact]
    public void Limit_ThatAllows_IsNone()
    {
        using TemporaryDirectory directory = new();
        directory.Write("kernel/unprivileged_userns_clone", "1\n");
        Assert.Null(UserNamespaceLimits.Find(directory));
    }

    [Fact]
    public void Home_OfAUserOfThePasswordFile_IsItsSixthField() =>
        Assert.Equal("/home/anna", StoragePaths.HomeOf("root:x:0:0:root:/root:/bin/sh\nanna:x:1001:1001::/home/anna:/bin/sh\n", 1001));

    [Fact]
    public void Paths_OpenToOthers_AreRefused()
    {
        using TemporaryDirectory directory = new();
        StoragePaths paths = new() { Root = directory["root"], RunRoot = directory["run"] };
        paths.Ensure();
        paths.Ensure();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(paths.Root));

        File.SetUnixFileMode(paths.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        Assert.Contains("others may look into it", Assert.Throws<CrunException>(paths.Ensure).Message, StringComparison.Ordinal);
    }
}
