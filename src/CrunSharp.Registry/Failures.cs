using System.Net;
using CrunSharp.Oci;
using CrunSharp.Registry.Http;

namespace CrunSharp.Registry;

/// <summary>What a user reads when a registry was of no use.</summary>
internal static class Failures
{
    public static CrunException Explain(Reference reference, RegistryEndpoint endpoint, Exception exception, string verb = "pull") => exception switch
    {
        CrunException already => already,
        RegistryFailureException failure => new CrunException($"cannot {verb} '{reference}' {(verb == "pull" ? "from" : "to")} '{failure.Host}'", failure.Message, failure) { Hints = failure.Hints },
        RegistryRefusedException refusal => ExplainRefusal(reference, endpoint, refusal, verb),
        _ => new CrunException($"cannot {verb} '{reference}'", exception.Message, exception),
    };

    public static CrunException ExplainBlob(ResolvedImage image, Descriptor blob, Exception exception) =>
        exception is RegistryRefusedException { Status: HttpStatusCode.NotFound } missing
            ? new CrunException($"cannot pull '{image.Reference}'", $"'{image.Endpoint.Registry}' has its manifest, but not its blob {blob.Digest}", missing)
            : Explain(image.Reference, image.Endpoint, exception);

    public static CrunException WrongPlatform(Reference reference, Platform wanted, IReadOnlyList<Platform> offered)
    {
        string list = string.Join(", ", offered.Select(platform => Printable.Line(platform.ToString())));
        string why = offered.Count == 0 ? "it does not say what it is made for" : $"it is made for {list}";
        return new CrunException($"cannot use '{reference}' on {wanted}", why)
        {
            Hints = offered.Count == 0 ? [] : [$"to have it nevertheless, ask for it by name: --platform {Printable.Line(offered[0].ToString())}"],
        };
    }

    private static CrunException ExplainRefusal(Reference reference, RegistryEndpoint endpoint, RegistryRefusedException refusal, string verb)
    {
        string said = refusal.Text is { Length: > 0 } text ? $" ({text})" : "";
        string registry = endpoint.Registry;
        if (refusal.IsAboutAccess && refusal.Credential is { } credential)
        {
            return new CrunException($"cannot {verb} '{reference}'", $"'{registry}' refuses {credential}{said}", refusal)
            {
                Hints = [$"log in again: crun-sharp login {registry}", $"or the image does not exist, or is not this account's to {verb}"],
            };
        }

        if (refusal.IsAboutAccess && verb == "push")
        {
            return new CrunException($"cannot push '{reference}'", $"'{registry}' takes nothing without a login{said}", refusal)
            {
                Hints = [$"crun-sharp login {registry}", .. refusal.Notes],
            };
        }

        if (refusal.IsAboutAccess)
        {
            return new CrunException($"cannot find the image '{reference}'", $"'{registry}' has no repository '{endpoint.Repository}', or shows it only after a login{said}", refusal)
            {
                Hints = ["check the spelling", $"if it is private, log in first: crun-sharp login {registry}", .. refusal.Notes],
            };
        }

        string name = reference.Digest is { } digest ? $"manifest {digest}" : $"tag '{reference.Tag}'";
        return refusal.Status switch
        {
            HttpStatusCode.NotFound when verb == "pull" => new CrunException(
                $"cannot find the image '{reference}'",
                refusal.Code == "NAME_UNKNOWN"
                    ? $"'{registry}' has no repository '{endpoint.Repository}'"
                    : $"'{registry}' has no {name} in '{endpoint.Repository}', or no such repository",
                refusal),
            HttpStatusCode.TooManyRequests => new CrunException($"cannot {verb} '{reference}'", $"'{registry}' has had too many requests from here{said}", refusal)
            {
                Hints = ["wait, or log in: accounts usually have a higher limit"],
            },
            _ => new CrunException($"cannot {verb} '{reference}'", $"'{registry}' answered {(int)refusal.Status}{said}", refusal),
        };
    }
}
