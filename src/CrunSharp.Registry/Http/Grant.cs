using System.Net.Http.Headers;
using System.Text;
using CrunSharp.Registry.Credentials;

namespace CrunSharp.Registry.Http;

/// <summary>What a registry wants to see with each request, and until when it is good.</summary>
internal sealed record Grant(AuthenticationHeaderValue? Header, DateTimeOffset Ends, Credential? Credential)
{
    public IReadOnlyList<string> Notes { get; init; } = [];

    public bool IsFresh => DateTimeOffset.UtcNow < Ends;

    public static Grant Basic(Credential credential) => new(BasicHeader(credential), DateTimeOffset.MaxValue, credential);

    public static AuthenticationHeaderValue BasicHeader(Credential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.User}:{credential.Secret}")));
}
