using CrunSharp.Registry.Http;
using Xunit;

namespace CrunSharp.Registry.Tests;

public sealed class ChallengeTests
{
    [Theory]
    [InlineData("Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\"", "Bearer realm=https://a/t service=s scope=repository:a/b:pull,push")]
    [InlineData("bearer realm=\"x\" , service=s", "bearer realm=x service=s")]
    [InlineData("Basic realm=\"a \\\"quoted\\\" one\"", "Basic realm=a \"quoted\" one")]
    [InlineData("Basic", "Basic")]
    [InlineData("Negotiate abcd==, Basic realm=\"x\"", "Negotiate|Basic realm=x")]
    [InlineData("Negotiate, Bearer realm=\"x\"", "Negotiate|Bearer realm=x")]
    [InlineData("Digest realm=\"d\", nonce=\"n\", Bearer realm=\"x\", scope=\"y\"", "Digest realm=d nonce=n|Bearer realm=x scope=y")]
    [InlineData("Bearer realm=\"first\",realm=\"second\"", "Bearer realm=first")]
    [InlineData("Bearer REALM=\"x\"", "Bearer realm=x")]
    [InlineData("Bearer realm=\"never closed", "Bearer")]
    [InlineData("realm=\"x\"", "")]
    [InlineData("\"Bearer\"", "")]
    [InlineData("", "")]
    public void Parse_Header_YieldsItsChallenges(string header, string expected) =>
        Assert.Equal(expected, string.Join('|', Challenge.Parse([header]).Select(challenge =>
            string.Join(' ', [challenge.Scheme, .. challenge.Parameters.Select(pair => $"{pair.Key.ToLowerInvariant()}={pair.Value}")]))));

    [Fact]
    public void Parse_HeaderOfMegabytes_IsLeftAside() =>
        Assert.Empty(Challenge.Parse([$"Bearer realm=\"{new string('x', 1 << 20)}\""]));
}
