using System.Text;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Bundles.Tests;

public sealed class UserDatabaseTests
{
    private static readonly UserDatabase s_users = new(
        Encoding.UTF8.GetBytes(
            """
            root:x:0:0:root:/root:/bin/sh
            # a comment
            broken line
            1000:x:0:0:named like a number:/evil:/bin/sh
            app:x:1000:1001:App:/home/app:/bin/sh
            far:x:4294967295:1:too far:/:/bin/sh
            """),
        Encoding.UTF8.GetBytes(
            """
            root:x:0:
            app:x:1001:
            wheel:x:10:root,app
            video:x:44:app
            nobody:x:65534:apple
            """));

    [Theory]
    [InlineData("", 0, 0, "/root")]
    [InlineData("root", 0, 0, "/root")]
    [InlineData("app", 1000, 1001, "/home/app")]
    [InlineData("1000", 1000, 1001, "/home/app")]
    [InlineData("app:video", 1000, 44, "/home/app")]
    [InlineData("1000:5", 1000, 5, "/home/app")]
    [InlineData("7", 7, 0, "/")]
    [InlineData("2147483647:2147483647", 2147483647, 2147483647, "/")]
    public void User_ByNameOrNumber_IsFound(string text, uint uid, uint gid, string home)
    {
        ContainerUser user = s_users.Find(text, []);
        Assert.Equal((uid, gid, home), (user.Uid, user.Gid, user.Home));
    }

    [Fact]
    public void Cve2016_3697_NameThatIsANumber_DoesNotMakeTheNumberRoot() => Assert.Equal(1000u, s_users.Find("1000", []).Uid);

    [Theory]
    [InlineData("2147483648")]
    [InlineData("4294967295")]
    [InlineData("4294967296")]
    [InlineData("18446744073709551616")]
    [InlineData("0:4294967296")]
    public void Cve2024_40635_NumberThatWouldWrapRound_IsRefused(string text) =>
        Assert.EndsWith("ids go from 0 to 2147483647", Assert.Throws<CrunException>(() => s_users.Find(text, [])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("1:")]
    [InlineData(":")]
    [InlineData(":5")]
    [InlineData("1x")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("0x10")]
    [InlineData("1:2:3")]
    [InlineData("nobody")]
    [InlineData("app:nogroup")]
    [InlineData("far")]
    [InlineData("broken line")]
    public void Cve2026_30892_UserThatIsNoUser_IsRefused(string text) => Assert.Throws<CrunException>(() => s_users.Find(text, []));

    [Fact]
    public void SupplementaryGroups_AreThoseOfTheFile_UnlessAGroupIsAskedFor()
    {
        Assert.Equal([1001, 10, 44], s_users.Find("app", []).Groups);
        Assert.Equal([1001, 10, 44], s_users.Find("1000", []).Groups);
        Assert.Equal([44], s_users.Find("app:video", []).Groups);
        Assert.Equal([44, 10, 7], s_users.Find("app:video", ["wheel", "7", "44"]).Groups);
    }

    [Fact]
    public void Databases_Missing_LeaveNumbersAndRoot()
    {
        Assert.Equal((0u, "/"), (UserDatabase.None.Find("", []).Uid, UserDatabase.None.Find("", []).Home));
        Assert.Equal(5u, UserDatabase.None.Find("5", []).Uid);
        Assert.Throws<CrunException>(() => UserDatabase.None.Find("root", []));
    }

    [Fact]
    public void Cve2026_47262_EndlessGroupFile_IsReadQuicklyAndCapped()
    {
        StringBuilder file = new();
        for (int gid = 0; gid < 100_000; gid++)
        {
            file.Append(System.Globalization.CultureInfo.InvariantCulture, $"g{gid}:x:{gid}:app\n");
        }

        UserDatabase users = s_users with { Group = Encoding.UTF8.GetBytes(file.ToString()) };
        Assert.Equal(65536, users.Find("app", []).Groups.Count);
    }
}
