using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Oci.Tests;

public sealed class WordTests
{
    private static readonly string s_hex = new('a', 64);

    [Theory]
    [InlineData("alpine", "docker.io/library/alpine:latest")]
    [InlineData("alpine:3.20", "docker.io/library/alpine:3.20")]
    [InlineData("user/app", "docker.io/user/app:latest")]
    [InlineData("index.docker.io/library/alpine", "docker.io/library/alpine:latest")]
    [InlineData("localhost:5000/a/b/c:x", "localhost:5000/a/b/c:x")]
    [InlineData("[::1]:5000/a", "[::1]:5000/a:latest")]
    [InlineData("quay.io/a__b", "quay.io/a__b:latest")]
    public void Reference_AsTyped_BecomesTheFullName(string typed, string full) =>
        Assert.Equal(full, Reference.Parse(typed).ToString());

    [Fact]
    public void Reference_WithDigest_HasNoTagOfItsOwn()
    {
        Reference reference = Reference.Parse($"alpine@sha256:{s_hex}");
        Assert.Null(reference.Tag);
        Assert.Equal($"sha256:{s_hex}", reference.Digest?.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Alpine")]
    [InlineData("a//b")]
    [InlineData("../etc")]
    [InlineData("localhost:5000/../x")]
    [InlineData("alpine:")]
    [InlineData("alpine:a b")]
    [InlineData("alpine\n")]
    [InlineData("alpine@sha256:../../x")]
    [InlineData("user@evil.io/a")]
    public void Reference_ThatIsNoName_IsRefused(string typed) =>
        Assert.Throws<CrunException>(() => Reference.Parse(typed));

    [Theory]
    [InlineData("sha256:../../x")]
    [InlineData("sha256:")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256")]
    public void Digest_ThatCouldNameAnotherFile_IsRefused(string text) => Assert.False(Digest.TryParse(text, out _));

    [Fact]
    public void Digest_InUpperCase_IsRefused() => Assert.False(Digest.TryParse($"sha256:{new string('A', 64)}", out _));

    [Theory]
    [InlineData("..")]
    [InlineData(".x")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("a\n")]
    public void ContainerId_ThatIsNoSafeDirectoryName_IsRefused(string text) =>
        Assert.Throws<CrunException>(() => ContainerId.Parse(text));

    [Fact]
    public void ContainerId_OfTwoKilobytes_IsRefused() =>
        Assert.Throws<CrunException>(() => ContainerId.Parse(new string('a', 2048)));
}
